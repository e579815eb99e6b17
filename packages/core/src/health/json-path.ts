import { isRecord } from '../registry/document.ts'

/** A place in a JSON document: names and positions, from the outside to the inside. */
export interface JsonPath {
  /** As it was written. */
  readonly text: string
  readonly steps: readonly (string | number)[]
}

const STEP = String.raw`\.([A-Za-z_][A-Za-z0-9_-]*)|\[(-?[0-9]{1,6})\]|\['([^'\\]{1,200})'\]|\["([^"\\]{1,200})"\]`
/** The part of RFC 9535 that names exactly one value: `$.a.b`, `$['a b']`, `$.list[0]`, `$.list[-1]`. */
export const JSON_PATH = new RegExp(String.raw`^\$(?:${STEP.replaceAll(/\((?!\?)/g, '(?:')}){0,50}$`)

/** Reads a path; undefined when it is none. */
export const parseJsonPath = (text: string): JsonPath | undefined =>
  JSON_PATH.test(text)
    ? {
        text,
        steps: [...text.matchAll(new RegExp(STEP, 'g'))].map(([, name, position, quoted, double]) =>
          position === undefined ? (name ?? quoted ?? double ?? '') : Number(position),
        ),
      }
    : undefined

const inside = (value: unknown, step: string | number): unknown => {
  if (typeof step === 'number') return Array.isArray(value) ? (value as readonly unknown[]).at(step) : undefined
  return isRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined
}

/** The value at a path; undefined when there is none. */
export const valueAt = (document: unknown, { steps }: JsonPath): unknown =>
  steps.reduce((value: unknown, step) => inside(value, step), document)
