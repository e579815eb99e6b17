import { describe, expect, test } from '@jest/globals'
import { parseInputs } from '@mlops/action-kit'
import { ActionError, epochMs, type JobState, type S3Uri, STARTED_BY, type TrainingRequest } from '@mlops/core'
import { COMPLETES, ENDLESS, fakeJobs, fakeLogs, failsWith, objectsInMemory, stepContext } from '@mlops/testing'
import { cleanup } from '../src/cleanup.ts'
import type { Ports } from '../src/ports.ts'
import { run } from '../src/run.ts'
import { spec } from '../src/spec.ts'

const GIVEN: Readonly<Record<string, string>> = {
  'job-name-prefix': 'basket-prod',
  'execution-role': 'arn:aws:iam::123456789012:role/sagemaker-execution',
  framework: 'scikit-learn',
  'framework-version': '1.4-2',
  'source-dir': 'pipeline',
  'entry-point': 'train.py',
  channels: 'train=s3://data/gold/train\ntest=s3://data/gold/test',
  'output-path': 's3://data/models',
  hyperparameters: '{"epochs": 10, "seed": "10"}',
}

const inputsOf = (more: Readonly<Record<string, string>>) => {
  const variables = Object.entries({ ...GIVEN, ...more }).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const parsed = parseInputs(spec, Object.fromEntries(variables) as Record<string, string>, {
    readText: () => {
      throw new Error('no file')
    },
  })
  if (!parsed.ok) throw new Error(parsed.faults.map(({ input, what }) => `${input} ${what}`).join('; '))
  return parsed.inputs
}

const faultsOf = (more: Readonly<Record<string, string>>) => {
  try {
    inputsOf(more)
    return ''
  } catch (error) {
    return String(error)
  }
}

const MODEL = 's3://models/x/output/model.tar.gz'

interface Given {
  readonly inputs?: Readonly<Record<string, string>>
  readonly log?: readonly string[]
  readonly code?: string
}

const account = () => {
  const context = stepContext()
  const sagemaker = fakeJobs<TrainingRequest>({
    kind: 'training',
    clock: context.clock,
    read: (request) => ({
      name: request.TrainingJobName,
      instanceType: request.ResourceConfig.InstanceType,
      startedBy: request.Environment[STARTED_BY] ?? '',
    }),
  })
  const store = objectsInMemory(['data', 'models'])
  store.put('s3://data/gold/train/part-0.parquet', 'one')
  store.put('s3://data/gold/test/part-0.parquet', 'two')
  store.put(MODEL, 'model')
  const go = ({ inputs = {}, log = [], code = 'c0de' }: Given = {}) => {
    const ports: Ports = {
      region: 'us-east-1',
      job: { jobs: sagemaker.jobs, logsOf: () => fakeLogs(log) },
      objects: store.objects,
      pack: () =>
        Promise.resolve({
          digest: code,
          files: ['train.py', 'features.py'],
          upload: async (prefix) => {
            const uri = `${prefix}/${code}/sourcedir.tar.gz` as S3Uri
            await store.objects.write(uri, code, { ifAbsent: true })
            return uri
          },
        }),
      warnIfShortLived: () => undefined,
    }
    return { context, done: run(inputsOf(inputs), ports, context), ports }
  }
  return { context, sagemaker, store, go }
}

const errorOf = async (done: Promise<unknown>): Promise<ActionError> => {
  const thrown = await done.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof ActionError)) throw new Error(`no ActionError, but ${String(thrown)}`)
  return thrown
}

const finishes = (state: Partial<JobState>) => [...COMPLETES, { atSeconds: 30, state }]

describe('a training that is new', () => {
  test('asks SageMaker for exactly what was given', async () => {
    const { go, sagemaker } = account()
    await go({ inputs: { environment: 'STAGE=prod', tags: 'team=pricing', 'instance-count': '2' } }).done
    expect(sagemaker.created).toHaveLength(1)
    expect(sagemaker.created[0]).toMatchObject({
      TrainingJobName: expect.stringMatching(/^basket-prod-[0-9a-f]{10}-r3mv$/),
      RoleArn: GIVEN['execution-role'],
      AlgorithmSpecification: {
        TrainingImage: '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3',
      },
      InputDataConfig: [
        { ChannelName: 'train', DataSource: { S3DataSource: { S3Uri: 's3://data/gold/train' } } },
        { ChannelName: 'test' },
      ],
      ResourceConfig: { InstanceType: 'ml.m5.xlarge', InstanceCount: 2, VolumeSizeInGB: 30 },
      StoppingCondition: { MaxRuntimeInSeconds: 3600 },
      EnableManagedSpotTraining: false,
      HyperParameters: {
        epochs: '10',
        seed: '"10"',
        sagemaker_program: '"train.py"',
        sagemaker_submit_directory: '"s3://data/models/source/c0de/sourcedir.tar.gz"',
        sagemaker_region: '"us-east-1"',
      },
      Environment: { STAGE: 'prod', MLOPS_RUN: '4711/1' },
      Tags: expect.arrayContaining([
        { Key: 'team', Value: 'pricing' },
        { Key: 'mlops:repository', Value: 'acme/retail' },
        { Key: 'mlops:run-id', Value: '4711' },
        { Key: 'mlops:run-attempt', Value: '1' },
      ]),
    })
  })
  test('gives model, metrics and cost', async () => {
    const { go, sagemaker } = account()
    sagemaker.plan(finishes({ metrics: [{ name: 'f1', value: 0.7 }], trainingSeconds: 100, billableSeconds: 36 }))
    const spot = { spot: 'true', 'max-wait': '2h', 'price-per-hour': 'ml.m5.xlarge=10' }
    expect(await go({ inputs: spot }).done).toMatchObject({
      status: 'completed',
      verdict: 'ok',
      outputs: {
        'model-artifact-uri': MODEL,
        metrics: '{"f1":0.7}',
        'training-seconds': '100',
        'billable-seconds': '36',
        'spot-savings-percent': '64',
        'estimated-cost': '0.1000',
        attached: 'false',
        reused: 'false',
        partial: 'false',
      },
    })
  })
  test('keeps its checkpoints in a folder of its content, and resumes there on demand when spot found no machine', async () => {
    const { go, sagemaker } = account()
    sagemaker.plan([{ atSeconds: 0, state: { status: 'stopped', phase: 'MaxWaitTimeExceeded' } }])
    const spot = {
      spot: 'true',
      'max-wait': '2h',
      'checkpoint-s3': 's3://data/checkpoints',
      'on-spot-timeout': 'on-demand',
    }
    await go({ inputs: spot }).done
    const [first, second] = sagemaker.created
    expect(first?.CheckpointConfig?.S3Uri).toMatch(/^s3:\/\/data\/checkpoints\/[0-9a-f]{16}\/$/)
    expect(second?.CheckpointConfig).toEqual(first?.CheckpointConfig)
    expect([first, second].map((request) => request?.EnableManagedSpotTraining)).toEqual([true, false])
    expect(second?.StoppingCondition).toEqual({ MaxRuntimeInSeconds: 3600 })
  })
  test('is only shown by a dry run', async () => {
    const { go, sagemaker, store } = account()
    expect(await go({ inputs: { 'dry-run': 'true' } }).done).toMatchObject({ status: 'planned' })
    expect(sagemaker.created).toEqual([])
    expect(store.written).toEqual([])
  })
})

describe('a training that was done before', () => {
  const again = { reuse: 'content' }
  test('is reused without creating or writing anything', async () => {
    const { go, sagemaker, store } = account()
    await go({ inputs: again }).done
    const before = store.written.length
    expect(await go({ inputs: again }).done).toMatchObject({ outputs: { reused: 'true', 'estimated-cost': '0.0000' } })
    expect(sagemaker.created).toHaveLength(1)
    expect(store.written).toHaveLength(before)
  })
  test.each<[string, Given, string]>([
    ['the code', { code: 'other' }, 'the code changed'],
    ['a hyperparameter', { inputs: { hyperparameters: 'epochs=11' } }, 'HyperParameters of the request changed'],
  ])('is done anew when %s changed, and says so', async (_, change, because) => {
    const { go, sagemaker } = account()
    await go({ inputs: again }).done
    const { report } = await go({ ...change, inputs: { ...again, ...change.inputs } }).done
    expect(sagemaker.created).toHaveLength(2)
    expect(JSON.stringify(report.blocks)).toContain(because)
  })
  test('is done anew when the data changed, and says which', async () => {
    const { go, sagemaker, store } = account()
    await go({ inputs: again }).done
    store.put('s3://data/gold/test/part-0.parquet', 'other')
    const { report } = await go({ inputs: again }).done
    expect(sagemaker.created).toHaveLength(2)
    expect(JSON.stringify(report.blocks)).toContain('the data of test changed')
  })
  test('but lost its model since, is an error', async () => {
    const { go, store } = account()
    await go({ inputs: again }).done
    store.remove(MODEL)
    expect((await errorOf(go({ inputs: again }).done)).facts).toMatchObject({
      code: 'E-ARTIFACT',
      outputs: { reused: 'true' },
    })
  })
})

describe('a training that cannot begin', () => {
  test('for lack of data names every empty channel, and leaves nothing behind', async () => {
    const { go, sagemaker, store } = account()
    const channels = 'train=s3://data/nothing\ntest=s3://data/gold/test\nmore=s3://models/none'
    const error = await errorOf(go({ inputs: { channels } }).done)
    expect(error.facts.code).toBe('E-NO-DATA')
    expect(error.message).toContain('train (s3://data/nothing), more (s3://models/none)')
    expect(sagemaker.created).toEqual([])
    expect(store.written).toEqual([])
  })
  test('because a bucket is not ours leaves nothing behind', async () => {
    const { go, store } = account()
    expect((await errorOf(go({ inputs: { channels: 'train=s3://strangers/x' } }).done)).facts.code).toBe('E-BUCKET')
    expect(store.written).toEqual([])
  })
})

describe('a training that fails', () => {
  const LOG = [
    'epoch 1',
    'Traceback (most recent call last):',
    '  File "/opt/ml/code/features.py", line 7, in load',
    '    x',
    "KeyError: 'SPEND'",
  ]
  test("in its own code shows the user's line", async () => {
    const { go, sagemaker } = account()
    sagemaker.plan(failsWith('AlgorithmError: ExecuteUserScriptError: ExitCode 1'))
    const { facts, message } = await errorOf(go({ log: LOG }).done)
    expect(facts).toMatchObject({
      code: 'E-USER-CODE',
      why: "KeyError: 'SPEND'",
      locations: [{ file: 'pipeline/features.py', line: 7, text: "KeyError: 'SPEND'" }],
      outputs: { status: 'failed', 'failure-class': 'user', 'failure-reason': expect.stringContaining('ExitCode 1') },
    })
    expect(message).toContain('pipeline/features.py:7')
    expect(JSON.stringify(facts.report)).toContain('Traceback')
  })
  test('for its data is not taken for its code', async () => {
    const { go, sagemaker } = account()
    sagemaker.plan(failsWith('ClientError: Data download failed'))
    expect((await errorOf(go().done)).facts).toMatchObject({
      code: 'E-JOB-FAILED',
      outputs: { 'failure-class': 'user' },
    })
  })
  test('by its time limit is no success, and its artifact is marked as partial', async () => {
    const { go, sagemaker } = account()
    sagemaker.plan([
      { atSeconds: 5, state: { status: 'stopped', phase: 'MaxRuntimeExceeded', artifactUri: MODEL as S3Uri } },
    ])
    expect((await errorOf(go().done)).facts).toMatchObject({
      code: 'E-JOB-TIMEOUT',
      outputs: { 'failure-class': 'timeout', partial: 'true', 'model-artifact-uri': MODEL },
    })
  })
  test('to leave a model is an error', async () => {
    const { go, store } = account()
    store.remove(MODEL)
    expect((await errorOf(go().done)).facts).toMatchObject({ code: 'E-ARTIFACT' })
  })
  test('to end in time goes on, and says how to attach', async () => {
    const { go, sagemaker } = account()
    sagemaker.plan(ENDLESS)
    const error = await errorOf(go({ inputs: { 'wait-timeout': '10m' } }).done)
    const name = sagemaker.created[0]?.TrainingJobName ?? ''
    expect(error.facts).toMatchObject({ code: 'E-STILL-RUNNING', outputs: { status: 'in-progress', 'job-name': name } })
    expect(error.message).toContain(`attach: ${name}`)
    expect(sagemaker.stopped).toEqual([])
  })
})

test('attach waits for the named job and creates none', async () => {
  const { go, sagemaker } = account()
  sagemaker.put({ name: 'theirs', instanceType: 'ml.m5.xlarge', startedBy: '' }, COMPLETES)
  expect(await go({ inputs: { attach: 'theirs' } }).done).toMatchObject({
    status: 'completed',
    outputs: { 'job-name': 'theirs', attached: 'true' },
  })
  expect(sagemaker.created).toEqual([])
})

test('the post step stops what a killed main step left behind', async () => {
  const { go, sagemaker, context } = account()
  sagemaker.plan(ENDLESS)
  const { done, ports } = go()
  context.clock.at(60_000, () => context.abort.abort(new Error('killed')))
  await expect(done).rejects.toThrow('killed')
  await cleanup(inputsOf({}), ports, context)
  const name = sagemaker.created[0]?.TrainingJobName ?? ''
  expect(sagemaker.state(name)?.status).not.toBe('in-progress')
  expect(epochMs(context.clock.now())).toBeGreaterThan(0)
})

describe('inputs', () => {
  test.each([
    [{ image: 'x:1' }, 'image stands beside framework'],
    [{ 'max-wait': '2h' }, 'max-wait is given without spot'],
    [{ spot: 'true' }, 'spot is given without max-wait'],
    [{ spot: 'true', 'max-wait': '10m' }, 'max-wait is less than max-runtime'],
    [{ spot: 'true', 'max-wait': '3h', 'max-runtime': '2h' }, 'no checkpoint-s3'],
    [{ subnets: 'subnet-1' }, 'subnets is given without security-groups'],
    [{ 'max-cost': '3' }, 'max-cost is given without price-per-hour'],
    [{ 'max-cost': '3', 'price-per-hour': 'ml.c5.large=1' }, 'no price for ml.m5.xlarge'],
    [{ 'job-name-prefix': 'a_b' }, 'job-name-prefix is "a_b"'],
    [{ hyperparameters: `x=${'y'.repeat(2501)}` }, 'x has 2501 characters'],
    [{ 'metric-definitions': 'f1=f1' }, 'has 0 groups'],
  ])('%j is refused', (more, fault) => {
    expect(faultsOf(more)).toContain(fault)
  })
  test('are all judged at once', () => {
    const faults = faultsOf({ 'max-wait': '2h', 'max-cost': '3', channels: 'a b=s3://data/x', 'output-path': '' })
    for (const name of ['max-wait', 'max-cost', 'channels', 'output-path']) expect(faults).toContain(name)
  })
})
