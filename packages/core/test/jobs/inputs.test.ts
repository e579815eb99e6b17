import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readChannels, readDataInputs, readDataOutputs } from '../../src/jobs/channels.ts'
import { costOf, spotSaving } from '../../src/jobs/cost.ts'
import { frameworkImage } from '../../src/jobs/framework-image.ts'
import { hyperparameterFaults, hyperparameterTexts, scriptModeParameters } from '../../src/jobs/hyperparameters.ts'
import {
  environmentProblem,
  instanceTypeProblem,
  maxCostProblem,
  metricProblem,
  priceProblem,
  tagProblem,
  unsafeSpotProblem,
} from '../../src/jobs/input-checks.ts'

const json = (value: unknown) => ({ kind: 'json', value }) as const

const toolkit = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

describe('hyperparameters', () => {
  test.each([
    [json(10), '10'],
    [json(true), 'true'],
    [json({ a: [1] }), '{"a":[1]}'],
    [json('gini'), 'gini'],
    [json('10'), '"10"'],
    [json('null'), '"null"'],
    [{ kind: 'text', value: '10' } as const, '10'],
  ])('%j reaches a script as %s', (given, text) => {
    expect(hyperparameterTexts({ x: given }, true)).toEqual({ x: text })
  })
  test('in script mode every JSON value decodes to itself, as the toolkit decodes it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown
        expect(toolkit(hyperparameterTexts({ x: json(plain) }, true)['x'] ?? '')).toEqual(plain)
      }),
    )
  })
  test('without script mode strings stay as they are', () => {
    expect(hyperparameterTexts({ x: json('10') }, false)).toEqual({ x: '10' })
  })
  test('beyond the limits are all named', () => {
    const many = Object.fromEntries(Array.from({ length: 96 }, (_, index) => [`p${index}`, json(index)]))
    expect(hyperparameterFaults(many, true)).toEqual(['there are 96, at most 95 fit'])
    expect(hyperparameterFaults(many, false)).toEqual([])
    const faults = hyperparameterFaults({ long: json('x'.repeat(2501)), ['n'.repeat(257)]: json(1) }, false)
    expect(faults).toHaveLength(2)
  })
  test('of script mode are as many as are reserved for it', () => {
    const added = scriptModeParameters({ program: 'a.py', submitDirectory: 's3://b/c', region: 'r', jobName: 'j' })
    expect(Object.keys(added)).toHaveLength(5)
    expect(added).toMatchObject({ sagemaker_program: '"a.py"', sagemaker_submit_directory: '"s3://b/c"' })
  })
})

const manyChannels = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`c${index}`, 's3://data/x']))

describe('channels', () => {
  test('are URIs, or JSON with more', () => {
    const extra = { uri: 's3://data/x', 'content-type': 'text/csv', 'input-mode': 'FastFile', compression: 'Gzip' }
    expect(readChannels({ train: 's3://data/train', test: JSON.stringify(extra) })).toEqual({
      ok: true,
      value: [
        { name: 'train', uri: 's3://data/train', distribution: 'FullyReplicated' },
        {
          name: 'test',
          uri: 's3://data/x',
          distribution: 'FullyReplicated',
          contentType: 'text/csv',
          compression: 'Gzip',
          inputMode: 'FastFile',
        },
      ],
    })
  })
  test('that are wrong are all named', () => {
    const read = readChannels({ 'a b': 's3://data/x', c: 'data/x', d: '{"uri": "s3://data/x", "mode": 1}', e: '{' })
    const what = read.ok ? '' : read.fault.what
    expect(what).toContain('a b is no usable name')
    expect(what).toContain('c has no S3 URI')
    expect(what).toContain('d has an unknown field mode')
    expect(what).toContain('e is neither')
  })
  test('may be twenty', () => {
    expect(readChannels(manyChannels(20)).ok).toBe(true)
    expect(readChannels(manyChannels(21)).ok).toBe(false)
  })
})

describe('processing', () => {
  test('inputs have a folder of their name', () => {
    expect(readDataInputs({ raw: 's3://data/raw' }, 9)).toEqual({
      ok: true,
      value: [
        { name: 'raw', uri: 's3://data/raw', path: '/opt/ml/processing/input/raw', distribution: 'FullyReplicated' },
      ],
    })
    expect(readDataInputs({ raw: 's3://data/raw', more: 's3://data/more' }, 1).ok).toBe(false)
    expect(readDataInputs({ raw: '{"uri": "s3://data/raw", "path": "/etc"}' }, 9).ok).toBe(false)
  })
  test('outputs are names, or names with a folder', () => {
    expect(readDataOutputs(['gold', 'report=/opt/ml/processing/report'])).toEqual({
      ok: true,
      value: [
        { name: 'gold', path: '/opt/ml/processing/output/gold' },
        { name: 'report', path: '/opt/ml/processing/report' },
      ],
    })
    expect(readDataOutputs(['gold=/tmp']).ok).toBe(false)
  })
})

describe('input checks', () => {
  test.each([
    ['types', instanceTypeProblem(['ml.m5.xlarge']), false],
    ['no types', instanceTypeProblem([]), true],
    ['an EC2 type', instanceTypeProblem(['m5.xlarge']), true],
    ['prices', priceProblem({ 'ml.m5.xlarge': '0.23' }), false],
    ['a price with a currency', priceProblem({ 'ml.m5.xlarge': '$0.23' }), true],
    ['max-cost with all prices', maxCostProblem({ a: '1' }, ['a']), false],
    ['max-cost with a price missing', maxCostProblem({ a: '1' }, ['a', 'b']), true],
    ['an environment', environmentProblem({ A_1: 'x' }), false],
    ['a bad name of a variable', environmentProblem({ 'A-1': 'x' }), true],
    ['a long variable', environmentProblem({ A: 'x'.repeat(513) }), true],
    ['tags', tagProblem({ team: 'pricing' }), false],
    ['a reserved tag', tagProblem({ 'aws:x': '1' }), true],
    ['our own tags', tagProblem({ 'mlops:sha': '1' }), true],
    ['a tag with a strange letter', tagProblem({ team: 'a#b' }), true],
    ['a metric', metricProblem({ accuracy: 'accuracy: ([0-9.]+)' }), false],
    ["a metric with Python's named group", metricProblem({ f1: 'f1=(?P<value>[0-9.]+)' }), false],
    ['a metric without a group', metricProblem({ f1: 'f1=[0-9.]+' }), true],
    ['a metric with two groups', metricProblem({ f1: '(f1)=([0-9.]+)' }), true],
    ['a malformed expression', metricProblem({ f1: '([0-9.]+' }), true],
    ['long spot without a checkpoint', unsafeSpotProblem(true, 3601, undefined, false), true],
    ['long spot, allowed', unsafeSpotProblem(true, 3601, undefined, true), false],
    ['long spot with a checkpoint', unsafeSpotProblem(true, 3601, 's3://b/c', false), false],
    ['short spot', unsafeSpotProblem(true, 3600, undefined, false), false],
    ['no spot', unsafeSpotProblem(false, 86_400, undefined, false), false],
  ])('%s', (_, problem, refused) => {
    expect(problem !== undefined).toBe(refused)
  })
})

test.each([
  [
    'scikit-learn',
    '1.2-1',
    'us-east-1',
    '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3',
  ],
  ['xgboost', '1.7-1', 'cn-north-1', '450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-xgboost:1.7-1'],
  ['xgboost', '1.7-1', 'xx-moon-1', undefined],
] as const)('the image of %s %s in %s', (framework, version, region, image) => {
  expect(frameworkImage(framework, version, region)).toBe(image)
})

describe('cost', () => {
  test('is seconds, instances and price', () => {
    expect(costOf(1800, { instanceType: 'a', instanceCount: 2 }, { a: 0.5 })).toBe(0.5)
    expect(costOf(1800, { instanceType: 'b', instanceCount: 2 }, { a: 0.5 })).toBeUndefined()
  })
  test.each([
    [100, 30, 70],
    [100, 100, 0],
    [100, 130, 0],
    [0, 0, undefined],
    [undefined, 3, undefined],
  ])('spot saves of %s s billed as %s s: %s %%', (training, billable, saving) => {
    expect(spotSaving(training, billable)).toBe(saving)
  })
})
