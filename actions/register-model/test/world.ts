import { createHash } from 'node:crypto'
import { parseInputs } from '@mlops/action-kit'
import { locations } from '@mlops/aws'
import { ActionError, type ApprovalStatus, type ModelPackage, type RunIdentity, type Verdict } from '@mlops/core'
import { type FakeRegistryOptions, fakeRegistry, objectsInMemory, stepContext } from '@mlops/testing'
import type { Ports } from '../src/ports.ts'
import { run } from '../src/run.ts'
import { spec } from '../src/spec.ts'

type Texts = Readonly<Record<string, string>>

export const MODEL = 's3://models/basket/job-1/output/model.tar.gz'
const REPORT = 's3://models/reports/1/gate-report.json'
const GIVEN: Texts = {
  'model-package-group': 'basket',
  'model-artifact-uri': MODEL,
  framework: 'scikit-learn',
  'framework-version': '1.4-2',
  'gate-report': REPORT,
  'metrics-prefix': 's3://models/packages/',
}

export const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

const STATUS: Readonly<Record<Verdict, ApprovalStatus>> = {
  approve: 'Approved',
  reject: 'Rejected',
  inconclusive: 'PendingManualApproval',
}

/** A gate report on a model with these bytes. */
export const reportOn = (verdict: Verdict, model = 'model', more: object = {}) =>
  JSON.stringify({
    version: 1,
    verdict,
    approvalStatus: STATUS[verdict],
    sentence: `The verdict is ${verdict}.`,
    metrics: [{ metric: 'accuracy', candidate: 0.851_234_5 }],
    model: { source: MODEL, digest: digestOf(model) },
    trainingJob: 'job-1',
    golden: 's3://models/reports/1/golden.jsonl',
    run: { url: 'https://github.com/acme/retail/actions/runs/1' },
    ...more,
  })

const inputsOf = (more: Texts) => {
  const variables = Object.entries({ ...GIVEN, ...more }).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const parsed = parseInputs(spec, Object.fromEntries(variables) as Record<string, string>, {
    readText: () => {
      throw new Error('no file')
    },
  })
  if (!parsed.ok) throw new Error(parsed.faults.map(({ code, input, what }) => `${code} ${input} ${what}`).join('; '))
  return parsed.inputs
}

export const faultsOf = (more: Texts) => {
  try {
    inputsOf(more)
    return ''
  } catch (error) {
    return String(error)
  }
}

/** An account in which a model is trained and judged, and the steps of one workflow run in it. */
export const account = (options: Omit<FakeRegistryOptions, 'clock'> = {}) => {
  const first = stepContext()
  const registry = fakeRegistry({ clock: first.clock, ...options })
  const store = objectsInMemory(['models'])
  store.put(MODEL, 'model')
  store.put(REPORT, reportOn('approve'))
  store.put('s3://models/reports/1/statistics.json', '{"version": 0}')
  store.put('s3://models/reports/1/golden.jsonl', '{}')
  const go = (inputs: Texts = {}, identity: Partial<RunIdentity> = {}, over: Partial<Ports> = {}) => {
    const context = { ...stepContext(identity), clock: first.clock }
    const ports: Ports = {
      region: 'us-east-1',
      accountId: () => Promise.resolve('123456789012'),
      objects: store.objects,
      places: locations(store.objects, context),
      registry: registry.registry,
      ...over,
    }
    return { context, done: run(inputsOf(inputs), ports, context) }
  }
  return {
    clock: first.clock,
    registry,
    store,
    go,
    judge: (...report: Parameters<typeof reportOn>) => store.put(REPORT, reportOn(...report)),
    packages: (): readonly ModelPackage[] => registry.packages('basket'),
  }
}

export const errorOf = async (done: Promise<unknown>): Promise<ActionError> => {
  const thrown = await done.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof ActionError)) throw new Error(`no ActionError, but ${String(thrown)}`)
  return thrown
}
