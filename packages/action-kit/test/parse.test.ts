import { expect, test } from '@jest/globals'
import {
  atLeast,
  defineAction,
  exactlyOne,
  faultLine,
  input,
  inputError,
  needs,
  parseInputs,
  rule,
} from '../src/index.ts'

const spec = defineAction({
  id: 'probe',
  name: 'Probe',
  description: 'x',
  branding: { icon: 'x', color: 'blue' },
  inputs: {
    'execution-role': input.role({ help: 'x', required: true }),
    image: input.image({ help: 'x' }),
    framework: input.string({ help: 'x' }),
    spot: input.boolean({ help: 'x', default: 'false' }),
    'max-runtime': input.duration({ help: 'x', default: '1h' }),
    'max-wait': input.duration({ help: 'x' }),
    token: input.string({ help: 'x', secret: true }),
    old: input.string({ help: 'x', deprecated: 'since 1.2; use image' }),
  },
  rules: [
    exactlyOne('image', 'framework'),
    needs('max-wait', 'spot', 'only spot jobs wait for capacity'),
    atLeast('max-wait', 'max-runtime', 'it counts the waiting too'),
    rule(['framework'], 'x', ({ framework }) =>
      framework === 'cobol' ? { what: 'is cobol', why: 'nobody trains with it', hint: 'use another' } : undefined,
    ),
  ],
  outputs: {},
  permissions: { aws: [], token: [] },
})

const ROLE = 'arn:aws:iam::123456789012:role/x'
const parse = (given: Readonly<Record<string, string>>) =>
  parseInputs(
    spec,
    Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    { readText: () => '' },
  )
const faultsOf = (given: Readonly<Record<string, string>>) => {
  const parsed = parse(given)
  return parsed.ok ? [] : parsed.faults.map(({ code, input: name }) => `${code} ${name}`)
}

test('sound inputs arrive typed, in camel case, with their defaults', () => {
  const parsed = parse({ 'execution-role': ROLE, image: 'i', 'max-wait': '2h', spot: 'true' })
  expect(parsed).toMatchObject({
    ok: true,
    inputs: { executionRole: ROLE, image: 'i', maxRuntime: 3600, maxWait: 7200, spot: true, framework: undefined },
  })
})

test('all faults are found at once', () => {
  expect(faultsOf({ spot: 'maybe', 'max-runtime': '3600' })).toEqual([
    'E-EMPTY execution-role',
    'E-INPUT spot',
    'E-INPUT max-runtime',
    'E-INPUT image',
  ])
})

test('a required name that is empty says that a masked job output may have been dropped', () => {
  const parsed = parse({ 'execution-role': '', image: 'i' })
  const line = parsed.ok ? '' : parsed.faults.map(faultLine).join('\n')
  expect(line).toContain('E-EMPTY: input execution-role is empty')
  expect(line).toContain('vars instead of secrets')
})

test.each([
  ['both of exactly one', { image: 'i', framework: 'f' }, ['E-INPUT image']],
  ['one that needs another', { image: 'i', 'max-wait': '2h' }, ['E-INPUT max-wait']],
  ['one below its least', { image: 'i', 'max-wait': '30m', spot: 'true' }, ['E-INPUT max-wait']],
  ['a rule of its own', { framework: 'cobol' }, ['E-INPUT framework']],
])('%s is a fault', (_, given, faults) => {
  expect(faultsOf({ 'execution-role': ROLE, ...given })).toEqual(faults)
})

test('a rule is not judged over an input that is wrong by itself', () => {
  expect(faultsOf({ 'execution-role': ROLE, image: 'i', spot: 'x', 'max-wait': '2h' })).toEqual(['E-INPUT spot'])
})

test('secrets are known also when another input is wrong', () => {
  expect(parse({ token: 's3cret' })).toMatchObject({ ok: false, secrets: ['s3cret'] })
})

test('a deprecated input warns with what to use instead', () => {
  expect(parse({ 'execution-role': ROLE, image: 'i', old: '1' })).toMatchObject({
    deprecations: ['input old is deprecated: since 1.2; use image'],
  })
})

test('the error that stands for all faults counts them and lists them in its report', () => {
  const parsed = parse({ spot: 'maybe' })
  const error = parsed.ok ? undefined : inputError(parsed.faults)
  expect(error?.message).toContain('and 2 more faults')
  expect(error?.facts.report?.headline).toBe('3 inputs are wrong; nothing was started.')
})
