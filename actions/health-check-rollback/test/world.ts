import { createHash } from 'node:crypto'
import type { Context } from '@mlops/action-kit'
import type { Locations } from '@mlops/aws'
import {
  type AccessQuestion,
  type Alarm,
  type AlarmChange,
  ActionError,
  type Checks,
  type Clock,
  type Cluster,
  type HttpAnswer,
  isoTime,
  type KubernetesObject,
  METADATA,
  type ProxyRequest,
  type S3Uri,
  seconds,
} from '@mlops/core'
import { readChecks } from '@mlops/data'
import { holdLease, releaseRecords } from '@mlops/kubernetes'
import { clusterInMemory, fakeRegistry, releaseRecord, sleepingClock, stepContext } from '@mlops/testing'
import { judge } from '../src/bake.ts'
import type { Job } from '../src/job.ts'
import type { Aws, Ports } from '../src/ports.ts'
import { cleanup } from '../src/cleanup.ts'
import { run } from '../src/run.ts'
import type { Inputs } from '../src/spec.ts'

const textOf = (more: string) =>
  `version: 1\ntarget: {service: "model:http"}\nchecks:\n  - {name: predicts, path: /predict, interval: 0s, expect: {golden: true}}\n${more}`

const checksOf = (more: string): Checks => {
  const read = readChecks(textOf(more))
  if (read.kind === 'faults') throw new Error(JSON.stringify(read.faults))
  return read.value
}

export const ok = (body: unknown, status = 200): HttpAnswer => ({
  status,
  headers: {},
  body: JSON.stringify(body),
  milliseconds: 2,
})
export const GOOD = { prediction: 'Low' }
export const GOLDEN = `${JSON.stringify({ id: 'b-1', request: { a: 1 }, response: GOOD })}\n`
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const WRITER = { fencing: 1, assertHeld: () => undefined }

const QUIET: Omit<Alarm, 'since'> = { name: 'errors', state: 'OK', reason: 'fine', needsMs: 60_000 }
export const denied = new ActionError({ code: 'E-ACCESS', kind: 'user', what: 'denied', why: 'because', hint: 'ask' })

export interface Facts {
  readonly checks?: string
  readonly answer?: (request: ProxyRequest, asked: number) => HttpAnswer | undefined
  readonly stored?: string
  readonly alarm?: (sinceMs: number) => Partial<Alarm> | ActionError | 'deleted'
  readonly changes?: (sinceMs: number) => readonly AlarmChange[]
  readonly requests?: number | ActionError
  /** What the step may do in the cluster; all when it is not said. */
  readonly may?: (question: AccessQuestion) => boolean
  /** Whether the release has created its object. */
  readonly created?: boolean
  /** Why nothing can be written into the registry. */
  readonly registry?: ActionError
}

const placesOf = (text: string): Locations => ({
  open: () =>
    Promise.resolve({
      etag: '',
      size: text.length,
      body: (async function* () {
        yield await Promise.resolve(Buffer.from(text))
      })(),
    }),
  list: () => Promise.resolve([]),
  fetch: () => Promise.resolve(undefined),
})

/** The one object of the release. */
export const SETTINGS: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'default' },
  data: { level: 'low' },
}
const REFERENCE = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'settings' }

/** A release that awaits its verdict, in a cluster in memory; time passes while the judge sleeps. */
export const world = async (facts: Facts, clock: Clock = sleepingClock()) => {
  const from = clock.now()
  const asked: ProxyRequest[] = []
  const memory = clusterInMemory({
    clock,
    proxy: (request) => {
      asked.push(request)
      return (facts.answer ?? (() => ok(GOOD)))(request, asked.length)
    },
  })
  const step = stepContext()
  const context: Context = { ...step, clock }
  const { registry, put, packages } = fakeRegistry({ clock })
  put('basket', { approvalStatus: 'Approved', metadata: { 'champion:dev': 'x' } })
  const { arn } = put('basket', {
    approvalStatus: 'Approved',
    metadata: { [METADATA.golden]: 's3://b/golden.jsonl', [METADATA.goldenDigest]: digestOf(GOLDEN) },
    goldenUri: 's3://b/golden.jsonl' as S3Uri,
  })
  memory.applyAs('mlops-deploy', SETTINGS)
  const uid = memory.object(REFERENCE)?.metadata.uid ?? ''
  const record = releaseRecord({
    namespace: 'default',
    createdAt: isoTime(from),
    modelPackageArn: arn,
    objects: [{ reference: REFERENCE, applied: SETTINGS, uid, created: facts.created ?? false }],
  })
  const records = releaseRecords(memory.cluster, { namespace: 'default', release: 'model' })
  await records.write(record, WRITER)
  const alarmNow = () => {
    const found = facts.alarm?.(clock.now() - from) ?? {}
    if (found instanceof ActionError) throw found
    if (found === 'deleted') return []
    return [{ ...QUIET, since: from, ...found }]
  }
  const aws: Aws = {
    region: 'us-east-1',
    registry: facts.registry === undefined ? registry : { ...registry, update: () => Promise.reject(facts.registry) },
    places: placesOf(facts.stored ?? GOLDEN),
    alarms: {
      describe: async () => alarmNow(),
      changes: async () => facts.changes?.(clock.now() - from) ?? [],
      sum: async () => {
        if (facts.requests instanceof ActionError) throw facts.requests
        return facts.requests ?? 0
      },
    },
    imagesIn: () => {
      throw new Error('no image of these tests lies in ECR')
    },
  }
  const inputs: Inputs = {
    awsRegion: undefined,
    roleToAssume: undefined,
    cluster: undefined,
    kubeconfig: '',
    namespace: 'default',
    release: 'model',
    environment: 'dev',
    lockTimeout: seconds(0),
    revision: undefined,
    checks: 'checks.yml',
    bake: undefined,
    rollback: 'auto',
    mode: 'judge',
    reason: undefined,
    requireHealthyTarget: false,
    onFirstFailure: 'remove',
    timeout: seconds(60),
  }
  const job: Job = {
    inputs,
    context,
    cluster: memory.cluster,
    records,
    images: { exists: () => Promise.resolve(undefined), modelPackage: () => Promise.resolve(undefined) },
    aws,
    checks: undefined,
    record,
    environment: 'dev',
    facts: { commit: '', repository: '', actor: '', runUrl: '' },
  }
  return {
    asked,
    elapsed: () => clock.now() - from,
    deployAgain: () => records.write({ ...record, revision: 2 }, WRITER),
    judge: () => judge(job, checksOf(facts.checks ?? 'bake: 10m')),
    /** The whole action. */
    run: (more: Partial<Inputs> = {}, through = (cluster: Cluster) => cluster) => {
      const text = textOf(facts.checks ?? 'bake: 0s')
      const files = { ...context.files, readText: () => text }
      const cluster = facts.may === undefined ? memory.cluster : memory.as('robot', facts.may)
      const ports: Ports = { connect: () => Promise.resolve(through(cluster)), aws }
      return run({ ...inputs, ...more }, ports, { ...context, files })
    },
    post: (more: Partial<Inputs> = {}) =>
      cleanup({ ...inputs, ...more }, { connect: () => Promise.resolve(memory.cluster), aws }, context),
    put: memory.put,
    /** Somebody else takes the lock of the release. */
    hold: () =>
      holdLease(memory.cluster, { namespace: 'default', release: 'model', holder: 'another', waitMs: 0 }, context),
    remove: () => memory.cluster.remove(REFERENCE),
    object: () => memory.object(REFERENCE),
    records: async () => (await records.list()).records,
    holder: () =>
      memory.object({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        namespace: 'default',
        name: 'mlops-deploy-model',
      })?.['spec'] as { readonly holderIdentity?: string } | undefined,
    marks: () =>
      packages('basket').map(({ approvalStatus, metadata }) => [
        approvalStatus,
        ...Object.keys(metadata).filter((key) => /^(champion|health):/.test(key)),
      ]),
  }
}
