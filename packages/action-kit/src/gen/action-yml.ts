import type { CommonOutput, Spec } from '../define-action.ts'
import type { Output } from '../output.ts'

/** What `start` writes for every action, however it ends. */
export const COMMON_OUTPUTS: Readonly<Record<CommonOutput, Output>> = {
  status: { kind: 'string', help: 'How it ended, in one kebab-case word.' },
  'failure-class': { kind: 'string', help: 'Class of the failure; empty when there was none.' },
  'result-path': { kind: 'path', help: 'Path of result.json: outputs, verdict and error of this step.' },
}

export const allOutputs = (spec: Spec): Readonly<Record<string, Output>> => ({ ...spec.outputs, ...COMMON_OUTPUTS })

/** GitHub removed Node 20 from its runners on 2026-09-16. */
const RUNTIME = 'node24'

// JSON strings are YAML flow scalars too (YAML 1.2, section 7.3.1), so no text can break out of its place.
const scalar = (text: string) => JSON.stringify(text)

const inputLines = (spec: Spec) =>
  Object.entries(spec.inputs).flatMap(([name, { help, required, default: value, deprecated }]) => [
    `  ${name}:`,
    `    description: ${scalar(help)}`,
    `    required: ${required}`,
    ...(value === undefined ? [] : [`    default: ${scalar(value)}`]),
    ...(deprecated === undefined ? [] : [`    deprecationMessage: ${scalar(deprecated)}`]),
  ])

const outputLines = (spec: Spec) =>
  Object.entries(allOutputs(spec)).flatMap(([name, { help }]) => [`  ${name}:`, `    description: ${scalar(help)}`])

/** The text of action.yml. */
export const actionYml = (spec: Spec): string =>
  [
    '# Generated from src/spec.ts by `pnpm gen`; changes here are overwritten.',
    `name: ${scalar(spec.name)}`,
    `description: ${scalar(spec.description)}`,
    `branding: { icon: ${spec.branding.icon}, color: ${spec.branding.color} }`,
    'inputs:',
    ...inputLines(spec),
    'outputs:',
    ...outputLines(spec),
    'runs:',
    `  using: ${RUNTIME}`,
    `  main: ../../dist/${spec.id}.mjs`,
    ...(spec.post === true ? [`  post: ../../dist/${spec.id}.mjs`, '  post-if: always()'] : []),
    '',
  ].join('\n')
