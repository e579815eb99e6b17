import { type Check, type Checks, METHODS, type ProbeTarget, type RequestFloor, spanMs } from '@mlops/core'
import { byPlace, type DocumentFault, type Reading } from '../documents/document-fault.ts'
import { fieldsOf } from '../documents/fields.ts'
import { checkShape as checkPart } from '../documents/shape-faults.ts'
import { versionFaults } from '../documents/version-faults.ts'
import { type DocumentPath, readYaml, type YamlDocument } from '../documents/yaml-document.ts'
import { readAssertion } from './assertions.ts'
import { ATTEMPTS, type CheckText, checksShape, type ChecksText, OPERATORS } from './shape.ts'
import { CHECKS_WORDS } from './words.ts'

/** What a checks file means where it says nothing. */
const DEFAULTS = { bakeMs: 600_000, attempts: '2 of 3', intervalMs: 1000, tolerance: 1e-6 } as const

type Faults = readonly DocumentFault[]

const fault = (document: YamlDocument, path: DocumentPath, what: string, why: string, hint: string): DocumentFault => ({
  code: 'E-CHECKS',
  ...document.keyAt(path),
  what,
  why,
  hint,
})

const has = (fields: object, key: string) => Object.hasOwn(fields, key)

const targetFaults = (document: YamlDocument): Faults => {
  const target = fieldsOf(fieldsOf(document.value)['target'])
  const named = ['service', 'url', 'pods'].filter((key) => has(target, key))
  return [
    ...(named.length === 1
      ? []
      : [
          fault(
            document,
            ['target'],
            named.length === 0 ? 'target names nothing to ask' : `target has ${named.join(' and ')}`,
            'the checks are asked at one place',
            'write one of service, url and pods',
          ),
        ]),
    ...(has(target, 'port') && !has(target, 'pods')
      ? [
          fault(
            document,
            ['target', 'port'],
            'target.port stands without pods',
            'a service or url names its own',
            'remove it',
          ),
        ]
      : []),
  ]
}

const attemptFaults = (document: YamlDocument, path: DocumentPath, attempts: unknown): Faults => {
  const [, passes, of] = typeof attempts === 'string' ? (ATTEMPTS.exec(attempts) ?? []) : []
  if (passes === undefined || Number(passes) <= Number(of)) return []
  return [fault(document, path, `attempts are ${String(attempts)}`, 'so many can never pass', 'write such as 2 of 3')]
}

const GOLDEN_METHODS: readonly unknown[] = ['POST', 'PUT', 'PATCH'] satisfies readonly Check['method'][]

/** Keys of a check that contradict each other. Looks at keys, so that it can speak beside faults of their values. */
const checkFaults = (document: YamlDocument, index: number, item: unknown): Faults => {
  const [fields, at] = [fieldsOf(item), (key: string) => ['checks', index, key]]
  const { method, expect } = fields
  const bodies = ['body', 'file'].filter((key) => has(fields, key))
  const isGolden = fieldsOf(expect)['golden'] === true
  const known = METHODS.some((one) => one === method)
  const list = fieldsOf(expect)['json']
  return [
    ...(bodies.length === 2
      ? [fault(document, at('file'), 'a check has body and file', 'only one of them can be sent', 'remove one')]
      : []),
    ...(isGolden && bodies.length > 0
      ? [
          fault(
            document,
            at(bodies[0] ?? ''),
            `a check with golden answers has ${bodies.join(' and ')}`,
            'the golden answers bring their requests',
            'remove it, or write a check of its own',
          ),
        ]
      : []),
    ...(isGolden && known && !GOLDEN_METHODS.includes(method)
      ? [
          fault(
            document,
            at('method'),
            `a check with golden answers has the method ${String(method)}`,
            'their requests are sent as a body',
            'write POST, or leave it out',
          ),
        ]
      : []),
    ...(has(fieldsOf(expect), 'tolerance') && !isGolden
      ? [
          fault(
            document,
            ['checks', index, 'expect', 'tolerance'],
            'expect.tolerance stands without golden',
            'it is about golden answers',
            'put it beside the value of an assertion, or add golden: true',
          ),
        ]
      : []),
    ...attemptFaults(document, at('attempts'), fields['attempts']),
    ...(Array.isArray(list)
      ? list.flatMap((one, place) => assertionFaults(document, [...at('expect'), 'json', place], one))
      : []),
  ]
}

const assertionFaults = (document: YamlDocument, path: DocumentPath, item: unknown): Faults => {
  const { op = 'equals', path: where, value, tolerance } = fieldsOf(item)
  const known = OPERATORS.find((one) => one === op)
  // The shape speaks of what is missing or malformed.
  if (typeof where !== 'string' || known === undefined) return []
  const read = readAssertion({ path: where, op: known, value, ...(typeof tolerance === 'number' ? { tolerance } : {}) })
  if ('demand' in read || read.key === 'path') return []
  const name = `an assertion on ${where.slice(0, 80)}`
  return [fault(document, [...path, read.key], `${name} has a wrong ${read.key}`, read.why, 'correct it, or change op')]
}

const nameFaults = (document: YamlDocument, items: readonly unknown[]): Faults => {
  const names = items.map((item) => fieldsOf(item)['name'])
  return names.flatMap((name, index) =>
    typeof name === 'string' && names.indexOf(name) < index
      ? [
          fault(
            document,
            ['checks', index, 'name'],
            `the name ${name.slice(0, 80)} stands here again`,
            'a report could not tell the two apart',
            'name each check differently',
          ),
        ]
      : [],
  )
}

const bakeFaults = (document: YamlDocument): Faults => {
  const fields = fieldsOf(document.value)
  const { bake } = fields
  if (typeof bake !== 'string' || spanMs(bake) !== 0) return []
  const needing = ['min-requests', ...(fields['on-inconclusive'] === 'extend' ? ['on-inconclusive'] : [])]
  return needing
    .filter((key) => has(fields, key))
    .map((key) => fault(document, [key], `${key} stands without a bake`, 'nothing is watched for a while', 'set bake'))
}

const bodyOf = ({ body, file }: CheckText): Pick<Check, 'body'> => {
  if (file !== undefined) return { body: { kind: 'file', text: file } }
  if (body === undefined) return {}
  return { body: { kind: 'text', text: typeof body === 'string' ? body : JSON.stringify(body) } }
}

const lowerCased = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

const checkOf = (text: CheckText): Check => {
  const { name, path, headers = {}, expect, latency, attempts = DEFAULTS.attempts, interval } = text
  const [, passes = '', of = ''] = ATTEMPTS.exec(attempts) ?? []
  const golden = expect?.golden === true ? { golden: { tolerance: expect.tolerance ?? DEFAULTS.tolerance } } : {}
  const body = bodyOf(text)
  const isSent = body.body !== undefined || expect?.golden === true
  // What is written as a document is sent as one.
  const type = isSent && typeof text.body !== 'string' ? { 'content-type': 'application/json' } : {}
  const latencyMs = spanMs(latency ?? '')
  return {
    name,
    method: text.method ?? (isSent ? 'POST' : 'GET'),
    path,
    headers: { ...type, ...lowerCased(headers) },
    ...body,
    expect: {
      status: expect?.status ?? 200,
      json: (expect?.json ?? []).map(readAssertion).filter((read) => 'demand' in read),
      ...golden,
    },
    ...(latencyMs === undefined ? {} : { latencyMs }),
    attempts: { passes: Number(passes), of: Number(of) },
    intervalMs: spanMs(interval ?? '') ?? DEFAULTS.intervalMs,
  }
}

const targetOf = ({ service = '', url, pods, port }: ChecksText['target']): ProbeTarget => {
  if (url !== undefined) return { kind: 'url', url: url.replace(/\/$/, '') }
  if (pods !== undefined) return { kind: 'pods', ...(port === undefined ? {} : { port: String(port) }) }
  const [name = '', named = ''] = service.split(':')
  return { kind: 'service', name, port: named }
}

const floorOf = ({
  count,
  namespace,
  metric,
  dimensions = {},
}: NonNullable<ChecksText['min-requests']>): RequestFloor => ({
  count,
  namespace,
  metric,
  dimensions,
})

const checksOf = (text: ChecksText): Checks => {
  const [first, ...more] = text.checks.map(checkOf)
  const floor = text['min-requests']
  return {
    target: targetOf(text.target),
    // The shape holds at least one.
    checks: [first as Check, ...more],
    bakeMs: spanMs(text.bake ?? '') ?? DEFAULTS.bakeMs,
    shortBake: text['short-bake'] ?? 'refuse',
    alarms: text.alarms ?? [],
    preExistingAlarm: text['pre-existing-alarm'] ?? 'block',
    ...(floor === undefined ? {} : { minRequests: floorOf(floor) }),
    onMissing: text['on-missing'] ?? 'inconclusive',
    onInconclusive: text['on-inconclusive'] ?? 'hold-fail',
  }
}

/** Reads a checks file, version 1. All faults at once, each with its place. */
export const readChecks = (text: string): Reading<Checks> => {
  const read = readYaml(text)
  if (read.kind === 'faults') return read
  const document = read.value
  const version = versionFaults('checks', document)
  if (version.length > 0) return { kind: 'faults', faults: version }
  const { value, faults: shapeFaults } = checkPart(
    document.value,
    { shape: checksShape, base: [], owner: '', words: CHECKS_WORDS },
    document,
  )
  const { checks, target } = fieldsOf(document.value)
  const items: readonly unknown[] = Array.isArray(checks) ? checks : []
  const faults = [
    ...shapeFaults,
    ...(typeof target === 'object' && target !== null ? targetFaults(document) : []),
    ...items.flatMap((item, index) => checkFaults(document, index, item)),
    ...nameFaults(document, items),
    ...bakeFaults(document),
  ]
  return value === undefined || faults.length > 0
    ? { kind: 'faults', faults: faults.toSorted(byPlace) }
    : { kind: 'ok', value: checksOf(value) }
}
