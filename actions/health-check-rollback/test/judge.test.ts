import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import type { Context } from '@mlops/action-kit'
import type { Locations } from '@mlops/aws'
import {
  type Alarm,
  type AlarmChange,
  ActionError,
  type Checks,
  type HttpAnswer,
  isoTime,
  METADATA,
  type ProxyRequest,
  type ReleaseRecord,
  type S3Uri,
  seconds,
} from '@mlops/core'
import { readChecks } from '@mlops/data'
import { releaseRecords } from '@mlops/kubernetes'
import { clusterInMemory, fakeRegistry, sleepingClock, stepContext } from '@mlops/testing'
import { judge } from '../src/bake.ts'
import type { Job } from '../src/job.ts'
import type { Aws } from '../src/ports.ts'

const checksOf = (more: string): Checks => {
  const read = readChecks(
    `version: 1\ntarget: {service: "model:http"}\nchecks:\n  - {name: predicts, path: /predict, interval: 0s, expect: {golden: true}}\n${more}`,
  )
  if (read.kind === 'faults') throw new Error(JSON.stringify(read.faults))
  return read.value
}

const ok = (body: unknown, status = 200): HttpAnswer => ({
  status,
  headers: {},
  body: JSON.stringify(body),
  milliseconds: 2,
})
const GOOD = { prediction: 'Low' }
const GOLDEN = `${JSON.stringify({ id: 'b-1', request: { a: 1 }, response: GOOD })}\n`
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const WRITER = { fencing: 1, assertHeld: () => undefined }

const QUIET: Omit<Alarm, 'since'> = { name: 'errors', state: 'OK', reason: 'fine', needsMs: 60_000 }
const denied = new ActionError({ code: 'E-ACCESS', kind: 'user', what: 'denied', why: 'because', hint: 'ask' })

interface Facts {
  readonly checks?: string
  readonly answer?: (request: ProxyRequest, asked: number) => HttpAnswer | undefined
  readonly stored?: string
  readonly alarm?: (sinceMs: number) => Partial<Alarm> | ActionError
  readonly changes?: (sinceMs: number) => readonly AlarmChange[]
  readonly requests?: number
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

/** A release that awaits its verdict, in a cluster in memory; time passes while the judge sleeps. */
const world = async (facts: Facts) => {
  const clock = sleepingClock()
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
  const { registry, put } = fakeRegistry({ clock })
  const { arn } = put('basket', {
    metadata: { [METADATA.golden]: 's3://b/golden.jsonl', [METADATA.goldenDigest]: digestOf(GOLDEN) },
    goldenUri: 's3://b/golden.jsonl' as S3Uri,
  })
  const record: ReleaseRecord = {
    version: 1,
    release: 'model',
    namespace: 'default',
    revision: 1,
    status: 'deployed',
    health: 'awaiting-verdict',
    because: '',
    createdAt: isoTime(from),
    commit: 'abc',
    repository: 'acme/retail',
    actor: 'ada',
    runUrl: '',
    fencing: 1,
    images: {},
    modelPackageArn: arn,
    objects: [],
  }
  const records = releaseRecords(memory.cluster, { namespace: 'default', release: 'model' })
  await records.write(record, WRITER)
  const alarmNow = () => {
    const found = facts.alarm?.(clock.now() - from) ?? {}
    if (found instanceof ActionError) throw found
    return [{ ...QUIET, since: from, ...found }]
  }
  const aws: Aws = {
    region: 'us-east-1',
    registry,
    places: placesOf(facts.stored ?? GOLDEN),
    alarms: {
      describe: async () => alarmNow(),
      changes: async () => facts.changes?.(clock.now() - from) ?? [],
      sum: () => Promise.resolve(facts.requests ?? 0),
    },
    imagesIn: () => {
      throw new Error('no image of these tests lies in ECR')
    },
  }
  const job: Job = {
    inputs: {
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
    },
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
    at: clock.at,
    deployAgain: () => records.write({ ...record, revision: 2 }, WRITER),
    run: () => judge(job, checksOf(facts.checks ?? 'bake: 10m')),
  }
}

test('a good release is healthy after its whole bake, and is asked again and again', async () => {
  const { run, asked, elapsed } = await world({})
  const { verdict, rounds, answer } = await run()
  expect(verdict.kind).toBe('healthy')
  expect(elapsed()).toBe(600_000)
  expect(rounds).toBe(41)
  expect(asked[0]).toMatchObject({ method: 'POST', path: '/predict', body: '{"a":1}', name: 'model', port: 'http' })
  // Two of three attempts have to pass, and no third is needed.
  expect(asked).toHaveLength(2 * rounds)
  expect(answer).toBe('{"prediction":"Low"}')
})

test('the first proof ends the bake at once', async () => {
  const { run, elapsed } = await world({ answer: (_, asked) => ok(asked > 10 ? { prediction: 'High' } : GOOD) })
  const { verdict } = await run()
  expect(verdict).toMatchObject({ kind: 'unhealthy', firstBad: 'predicts', cause: 'golden' })
  expect(elapsed()).toBeLessThan(120_000)
})

test('one bad answer among good ones is no proof', async () => {
  const { run } = await world({ answer: (_, asked) => ok(asked % 7 === 0 ? { prediction: 'High' } : GOOD) })
  expect((await run()).verdict.kind).toBe('healthy')
})

test('a service that asks to wait is waited for', async () => {
  const { run, elapsed } = await world({
    checks: 'bake: 0s',
    answer: (_, asked) => (asked === 1 ? { ...ok('', 429), headers: { 'retry-after': '9' } } : ok(GOOD)),
  })
  expect((await run()).verdict.kind).toBe('healthy')
  expect(elapsed()).toBeGreaterThanOrEqual(9000)
})

test('golden answers that are not those of the package are an error', async () => {
  const { run } = await world({ stored: `${GOLDEN} ` })
  await expect(run()).rejects.toMatchObject({ facts: { code: 'E-DIGEST', kind: 'rejected' } })
})

const WATCHED = 'bake: 10m\nalarms: [errors]'

test('an alarm is proof as soon as it goes off', async () => {
  const { run, elapsed } = await world({
    checks: WATCHED,
    changes: (since) =>
      since < 100_000 ? [] : [{ name: 'errors', at: 1_800_000_099_000 as Alarm['since'], to: 'ALARM', reason: 'up' }],
  })
  expect((await run()).verdict).toMatchObject({ kind: 'unhealthy', failureClass: 'alarm', firstBad: 'errors' })
  expect(elapsed()).toBeLessThanOrEqual(115_000)
})

test('alarms that can be read again in time are as good as any', async () => {
  const { run } = await world({
    checks: WATCHED,
    alarm: (since) => (since > 100_000 && since < 150_000 ? denied : {}),
  })
  expect((await run()).verdict.kind).toBe('healthy')
})

test.each([
  ['for good', 100_000],
  ['at the very end', 590_000],
])('alarms that cannot be read %s prove nothing', async (_, from) => {
  const { run } = await world({ checks: WATCHED, alarm: (since) => (since > from ? denied : {}) })
  expect((await run()).verdict).toMatchObject({ kind: 'inconclusive', firstBad: 'alarms' })
})

test('a doubtful bake is extended once, when the file says so', async () => {
  const floor = 'min-requests: {count: 5, namespace: n, metric: m}\non-inconclusive: extend\nbake: 1m'
  const { run, elapsed } = await world({ checks: floor, requests: 4 })
  expect((await run()).verdict).toMatchObject({ kind: 'inconclusive', firstBad: 'min-requests' })
  expect(elapsed()).toBe(120_000)
  const enough = await world({ checks: floor, requests: 5 })
  expect((await enough.run()).verdict.kind).toBe('healthy')
  expect(enough.elapsed()).toBe(60_000)
})

test('a newer release ends the bake', async () => {
  const { run, at, deployAgain, elapsed } = await world({})
  at(30_000, () => void deployAgain())
  await expect(run()).rejects.toMatchObject({ facts: { code: 'E-SUPERSEDED' } })
  expect(elapsed()).toBeLessThan(70_000)
})
