import { describe, expect, test } from '@jest/globals'
import { parseInputs } from '@mlops/action-kit'
import {
  ActionError,
  type DataManifest,
  type ProcessingRequest,
  type RunIdentity,
  type S3Uri,
  STARTED_BY,
} from '@mlops/core'
import { ENDLESS, fakeJobs, fakeLogs, failsWith, type JobStep, objectsInMemory, stepContext } from '@mlops/testing'
import { cleanup } from '../src/cleanup.ts'
import type { Ports } from '../src/ports.ts'
import { run } from '../src/run.ts'
import { spec } from '../src/spec.ts'

const GIVEN: Readonly<Record<string, string>> = {
  'job-name-prefix': 'basket-prod',
  'execution-role': 'arn:aws:iam::123456789012:role/sagemaker-execution',
  image: 'image:1',
  'source-dir': 'pipeline',
  code: 'etl.py',
  arguments: '--weeks\n1,2,3',
  inputs: 'raw=s3://data/raw',
  outputs: 'gold, report=/opt/ml/processing/report',
  'output-path': 's3://data/sets/',
}

const parse = (more: Readonly<Record<string, string>>) => {
  const variables = Object.entries({ ...GIVEN, ...more }).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  return parseInputs(spec, Object.fromEntries(variables) as Record<string, string>, { readText: () => '' })
}
const inputsOf = (more: Readonly<Record<string, string>>) => {
  const parsed = parse(more)
  if (!parsed.ok) throw new Error(parsed.faults.map(({ input, what }) => `${input} ${what}`).join('; '))
  return parsed.inputs
}
const faultsOf = (more: Readonly<Record<string, string>>) => {
  const parsed = parse(more)
  return parsed.ok ? '' : parsed.faults.map(({ input, what }) => `${input} ${what}`).join('; ')
}

const COMPLETES: readonly JobStep[] = [
  { atSeconds: 0, state: { phase: 'InProgress' } },
  { atSeconds: 30, state: { status: 'completed', phase: 'Completed', billableSeconds: 30, trainingSeconds: 30 } },
]
const LATEST = 's3://data/sets/latest.json'

/** An account in which each job writes its outputs the moment it is created. */
const account = (
  written: Readonly<Record<string, string>> = { gold: 'rows', report: 'text' },
  plans: readonly (readonly JobStep[])[] = [COMPLETES, COMPLETES],
) => {
  const store = objectsInMemory(['data'])
  store.put('s3://data/raw/part-0.csv', 'one')
  const service = stepContext()
  const sagemaker = fakeJobs<ProcessingRequest>({
    kind: 'processing',
    clock: service.clock,
    read: (request) => ({
      name: request.ProcessingJobName,
      instanceType: request.ProcessingResources.ClusterConfig.InstanceType,
      startedBy: request.Environment[STARTED_BY] ?? '',
    }),
  })
  const create = sagemaker.jobs.create
  const jobs: typeof sagemaker.jobs = {
    ...sagemaker.jobs,
    create: (request) => {
      for (const { OutputName, S3Output } of request.ProcessingOutputConfig?.Outputs ?? [])
        if (written[OutputName] !== undefined) store.put(`${S3Output.S3Uri}part-0`, written[OutputName])
      if (written['metadata'] !== undefined) {
        const first = request.ProcessingOutputConfig?.Outputs[0]?.S3Output.S3Uri ?? ''
        store.put(`${first}metadata.json`, written['metadata'])
      }
      return create(request)
    },
  }
  const ports = (log: readonly string[]): Ports => ({
    region: 'us-east-1',
    job: { jobs, logsOf: () => fakeLogs(log) },
    objects: store.objects,
    pack: () =>
      Promise.resolve({
        digest: 'c0de',
        files: ['etl.py'],
        upload: async (prefix) => {
          const uri = `${prefix}/c0de/sourcedir.tar.gz` as S3Uri
          await store.objects.write(uri, 'c0de', { ifAbsent: true })
          return uri
        },
      }),
    warnIfShortLived: () => undefined,
  })
  const go = (
    more: Readonly<Record<string, string>> = {},
    identity: Partial<RunIdentity> = {},
    log: readonly string[] = [],
  ) => {
    const context = { ...stepContext(identity), clock: service.clock }
    return { context, ports: ports(log), done: run(inputsOf(more), ports(log), context) }
  }
  sagemaker.plan(...plans)
  const latest = () => JSON.parse(store.text(LATEST) ?? 'null') as DataManifest | null
  return { sagemaker, store, go, latest, service }
}

const errorOf = async (done: Promise<unknown>): Promise<ActionError> => {
  const thrown = await done.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof ActionError)) throw new Error(`no ActionError, but ${String(thrown)}`)
  return thrown
}

describe('processing that is new', () => {
  test('asks SageMaker for exactly what was given', async () => {
    const { go, sagemaker, store } = account()
    await go().done
    const [request] = sagemaker.created
    const name = request?.ProcessingJobName ?? ''
    expect(request).toMatchObject({
      ProcessingJobName: expect.stringMatching(/^basket-prod-[0-9a-f]{10}$/),
      AppSpecification: {
        ImageUri: 'image:1',
        ContainerEntrypoint: [
          'python3',
          expect.stringMatching(/^\/opt\/ml\/processing\/input\/code\/boot-[0-9a-f]{8}\.py$/),
        ],
        ContainerArguments: ['etl.py', '--weeks', '1,2,3'],
      },
      ProcessingInputs: [
        { InputName: 'raw', S3Input: { S3Uri: 's3://data/raw', LocalPath: '/opt/ml/processing/input/raw' } },
        {
          InputName: 'mlops-code',
          S3Input: { S3Uri: 's3://data/sets/source/c0de/', LocalPath: '/opt/ml/processing/input/code' },
        },
      ],
      ProcessingOutputConfig: {
        Outputs: [
          {
            OutputName: 'gold',
            S3Output: { S3Uri: `s3://data/sets/_runs/${name}/gold/`, LocalPath: '/opt/ml/processing/output/gold' },
          },
          { OutputName: 'report', S3Output: { LocalPath: '/opt/ml/processing/report' } },
        ],
      },
    })
    const boot = store.uris().find((uri) => /source\/c0de\/boot-[0-9a-f]{8}\.py$/.test(uri)) ?? ''
    expect(store.text(boot)).toContain('def unpack')
  })
  test('publishes what was written, with its rows', async () => {
    const { go, latest } = account({ gold: 'rows', report: 'text', metadata: '{"rows": 41, "weeks": [9, 53]}' })
    const { outputs, status } = await go().done
    expect({ status, ...outputs }).toMatchObject({
      status: 'completed',
      rows: '41',
      metadata: '{"rows":41,"weeks":[9,53]}',
      published: 'true',
      reused: 'false',
      'data-fingerprint': expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(latest()?.outputs).toEqual(JSON.parse(outputs['output-uris'] ?? ''))
    expect(latest()).toMatchObject({
      job: outputs['job-name'],
      fingerprint: outputs['data-fingerprint'],
      runId: '4711',
    })
  })
  test('gives the same fingerprint for the same data, wherever it lies', async () => {
    const { go } = account()
    const first = await go().done
    const second = await go({ reuse: 'never' }).done
    expect(second.outputs['output-uris']).not.toBe(first.outputs['output-uris'])
    expect(second.outputs['data-fingerprint']).toBe(first.outputs['data-fingerprint'])
  })
  test('gives no rows when metadata.json is not JSON', async () => {
    const { go } = account({ gold: 'rows', report: 'text', metadata: 'rows: 41' })
    expect((await go().done).outputs).toMatchObject({ rows: '', metadata: '', published: 'true' })
  })
  test('is only shown by a dry run', async () => {
    const { go, sagemaker, store } = account()
    expect(await go({ 'dry-run': 'true' }).done).toMatchObject({ status: 'planned' })
    expect(sagemaker.created).toEqual([])
    expect(store.written).toEqual([])
  })
})

describe('processing of the same data again', () => {
  test('in a later run is reused, and becomes that run’s data set', async () => {
    const { go, sagemaker, latest } = account()
    const first = await go().done
    const second = await go({}, { runId: '4800' }).done
    expect(sagemaker.created).toHaveLength(1)
    expect(second.outputs).toMatchObject({ reused: 'true', 'output-uris': first.outputs['output-uris'] })
    expect(latest()?.runId).toBe('4800')
  })
  test('is done anew when the data changed, and says so', async () => {
    const { go, sagemaker, store } = account()
    await go().done
    store.put('s3://data/raw/part-0.csv', 'other')
    const { report } = await go().done
    expect(sagemaker.created).toHaveLength(2)
    expect(JSON.stringify(report.blocks)).toContain('the data of raw changed')
  })
  test('is an error when the data was deleted since', async () => {
    const { go, store } = account()
    const { outputs } = await go().done
    const uris = JSON.parse(outputs['output-uris'] ?? '{}') as Readonly<Record<string, string>>
    store.remove(`${uris['gold'] ?? ''}part-0`)
    const { facts } = await errorOf(go().done)
    expect(facts).toMatchObject({ code: 'E-ARTIFACT', outputs: { reused: 'true', published: 'false' } })
  })
})

describe('publishing', () => {
  test('never puts older data over that of a later run', async () => {
    const { go, store, latest } = account()
    await go({}, { runId: '4800' }).done
    const before = store.text(LATEST)
    store.put('s3://data/raw/part-0.csv', 'older')
    const { outputs } = await go({}, { runId: '4711' }).done
    expect(outputs['published']).toBe('false')
    expect(store.text(LATEST)).toBe(before)
    expect(latest()?.runId).toBe('4800')
  })
  test('looks again when another run wins the race', async () => {
    const { go, store, latest } = account()
    const write = store.objects.write
    let raced = false
    Object.assign(store.objects, {
      write: async (uri: S3Uri, body: string, condition?: Parameters<typeof write>[2]) => {
        if (uri === LATEST && !raced) {
          raced = true
          store.put(LATEST, body.replace('"runId": "4711"', '"runId": "9999"'))
        }
        return write(uri, body, condition)
      },
    })
    expect((await go().done).outputs['published']).toBe('false')
    expect(latest()?.runId).toBe('9999')
  })
  test('refuses to overwrite what is not a manifest', async () => {
    const { go, store } = account()
    store.put(LATEST, '{"mine": true}')
    expect((await errorOf(go().done)).facts.code).toBe('E-PUBLISH')
    expect(store.text(LATEST)).toBe('{"mine": true}')
  })
})

describe('processing that fails', () => {
  test('names every empty input, and leaves nothing behind', async () => {
    const { go, sagemaker, store } = account()
    const error = await errorOf(go({ inputs: 'raw=s3://data/none\nmore=s3://data/nothing' }).done)
    expect(error.message).toContain('raw (s3://data/none), more (s3://data/nothing)')
    expect(sagemaker.created).toEqual([])
    expect(store.written).toEqual([])
  })
  test('names every empty output, and publishes nothing', async () => {
    const { go, store } = account({ gold: 'rows' })
    const error = await errorOf(go().done)
    expect(error.facts.code).toBe('E-ARTIFACT')
    expect(error.message).toContain('wrote nothing to report')
    expect(store.text(LATEST)).toBeUndefined()
  })
  test('says what the script said first', async () => {
    const step = failsWith('AlgorithmError: , exit code: 1').map((one) =>
      one.state.status === 'failed' ? { ...one, state: { ...one.state, exitMessage: 'column SPEND is missing' } } : one,
    )
    const { go, store } = account({}, [step])
    const { facts } = await errorOf(go().done)
    expect(facts).toMatchObject({
      code: 'E-USER-CODE',
      why: 'column SPEND is missing',
      outputs: { 'failure-class': 'user' },
    })
    expect(store.text(LATEST)).toBeUndefined()
  })
})

describe('attach', () => {
  test('publishes the data of a job of the same content', async () => {
    const { go, sagemaker, latest } = account()
    await go({ wait: 'false' }).done
    const name = sagemaker.created[0]?.ProcessingJobName ?? ''
    expect(latest()).toBeNull()
    const { outputs } = await go({ attach: name }).done
    expect(outputs).toMatchObject({ attached: 'true', published: 'true' })
    expect(latest()?.job).toBe(name)
  })
  test('to a job of other content is refused', async () => {
    const { go } = account()
    expect((await errorOf(go({ attach: 'basket-prod-0123456789' }).done)).facts.code).toBe('E-NO-JOB')
  })
})

test('a cancel and the post step leave nothing running', async () => {
  const { go, sagemaker } = account({}, [ENDLESS])
  const { done, context, ports } = go()
  context.clock.at(60_000, () => context.abort.abort(new Error('cancelled')))
  await expect(done).rejects.toThrow('cancelled')
  await cleanup(inputsOf({}), ports, context)
  const name = sagemaker.created.at(-1)?.ProcessingJobName ?? ''
  expect(sagemaker.state(name)?.status).toMatch(/^stopp/)
})

describe('inputs', () => {
  test.each([
    [{ spot: 'true' }, 'spot is on'],
    [{ outputs: 'gold=/tmp/gold' }, 'gold has a path outside'],
    [{ inputs: 'code=s3://data/x' }, 'has code at /opt/ml/processing/input/code'],
    [{ 'max-runtime': '10d' }, 'more than 9 days'],
    [{ arguments: '["--a", 1]' }, 'arguments are not usable'],
    [{ arguments: 'x'.repeat(257) }, 'arguments hold'],
    [{ code: '' }, 'code is missing'],
  ])('%j is refused', (more, fault) => {
    expect(faultsOf(more)).toContain(fault)
  })
  test('arguments keep their commas', () => {
    expect(inputsOf({ arguments: '["--a", "b c", "d,e"]' }).arguments).toEqual(['--a', 'b c', 'd,e'])
  })
})
