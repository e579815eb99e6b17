import { expect, test } from '@jest/globals'
import type { Clock, Cluster, KubernetesObject, ReleaseRecord, Written } from '@mlops/core'
import { clusterInMemory } from '@mlops/testing'
import fc from 'fast-check'
import { holdLease, type Lease, releaseRecords } from '../src/index.ts'
import { manualClock } from './manual-clock.ts'

const NAMESPACE = 'shop'
const REFERENCE = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  namespace: NAMESPACE,
  name: 'mlops-deploy-model',
}
const record: ReleaseRecord = {
  version: 1,
  release: 'model',
  namespace: NAMESPACE,
  revision: 1,
  status: 'pending',
  health: 'awaiting-verdict',
  because: 'It is being applied.',
  createdAt: '2027-01-15T08:00:00Z',
  commit: 'abc',
  repository: 'acme/retail',
  actor: 'ada',
  runUrl: '',
  fencing: 0,
  images: {},
  objects: [],
}
const code = (expected: string) => ({ facts: expect.objectContaining({ code: expected }) })

/** A cluster and its one clock; each process that holds a lease may see time of its own. */
const world = () => {
  const clock = manualClock()
  const { cluster } = clusterInMemory({ clock, namespaces: [NAMESPACE] })
  const hold = (holder: string, waitMs = 0, own: { readonly clock?: Clock; readonly through?: Cluster } = {}) =>
    holdLease(
      own.through ?? cluster,
      { namespace: NAMESPACE, release: 'model', holder, waitMs },
      { clock: own.clock ?? clock, random: { next: () => 0 }, signal: new AbortController().signal },
    )
  const spec = async () => (await cluster.get(REFERENCE))?.['spec'] as Readonly<Record<string, unknown>> | undefined
  return { clock, cluster, hold, spec }
}

/** The same cluster whose writes come to nothing from some time on. */
const cutOff = (cluster: Cluster) => {
  const refused: Written = { kind: 'refused', refusal: { status: 403, reason: 'Forbidden', message: 'no', causes: [] } }
  let isCut = false
  return {
    cut: () => void (isCut = true),
    cluster: {
      ...cluster,
      replace: (object: KubernetesObject) => (isCut ? Promise.resolve(refused) : cluster.replace(object)),
    },
  }
}

test('the first holder is number one, and the Lease says who it is', async () => {
  const { hold, spec } = world()
  const lease = await hold('run-1')
  expect(lease.fencing).toBe(1)
  lease.assertHeld()
  expect(await spec()).toEqual({
    holderIdentity: 'run-1',
    leaseDurationSeconds: 60,
    leaseTransitions: 1,
    acquireTime: '2027-01-15T08:00:00.000000Z',
    renewTime: '2027-01-15T08:00:00.000000Z',
  })
  await lease.release()
})

test('who comes second is told who has it and since when', async () => {
  const { hold, clock } = world()
  const lease = await hold('run-1')
  await clock.advance(20_000)
  await expect(hold('run-2')).rejects.toMatchObject({
    facts: {
      code: 'E-LOCKED',
      what: expect.stringContaining('run-1'),
      why: expect.stringMatching(/since 2027-01-15T08:00:00.* at 2027-01-15T08:00:15/),
    },
  })
  await lease.release()
})

test('what was given back is free at once, with a higher number', async () => {
  const { hold, spec } = world()
  const first = await hold('run-1')
  await first.release()
  expect(await spec()).toMatchObject({ holderIdentity: '', leaseTransitions: 1 })
  expect(first.assertHeld).toThrow('given back')
  expect(first.lost.aborted).toBe(false)
  const second = await hold('run-2')
  expect(second.fencing).toBe(2)
  await second.release()
})

test('a Lease that somebody has deleted goes on from the number that the records know', async () => {
  const { hold, cluster } = world()
  const records = releaseRecords(cluster, { namespace: NAMESPACE, release: 'model' })
  const first = await hold('run-1')
  await first.release()
  const second = await hold('run-2')
  await records.write(record, second)
  await second.release()
  await cluster.remove(REFERENCE)
  const third = await hold('run-3')
  expect(third.fencing).toBe(3)
  await records.write({ ...record, status: 'deployed' }, third)
  expect((await records.list()).records).toMatchObject([{ status: 'deployed', fencing: 3 }])
  await third.release()
})

test('it is renewed for as long as it is held', async () => {
  const { hold, clock, spec } = world()
  const lease = await hold('run-1')
  await clock.advance(10 * 60_000)
  lease.assertHeld()
  expect(await spec()).toMatchObject({ renewTime: '2027-01-15T08:10:00.000000Z', leaseTransitions: 1 })
  await lease.release()
})

test('a holder that died is followed after sixty seconds in which nothing was seen of it', async () => {
  const { hold, clock, cluster } = world()
  const dead = cutOff(cluster)
  await hold('run-1', 0, { through: dead.cluster })
  dead.cut()
  let taken: Lease | undefined
  const waiting = hold('run-2', 120_000).then((lease) => (taken = lease))
  await clock.advance(59_000)
  expect(taken).toBeUndefined()
  await clock.advance(2000)
  expect((await waiting).fencing).toBe(2)
  await taken?.release()
})

test('one that lives is waited for in vain, however long ago its clock says it renewed', async () => {
  const { hold, clock } = world()
  const slow = manualClock()
  const lease = await hold('run-1', 0, { clock: slow })
  // An hour behind: its times are those of the past, but it renews.
  let locked: unknown
  const waiting = hold('run-2', 5 * 60_000).catch((error: unknown) => (locked = error))
  for (let turns = 0; turns < 62; turns += 1) {
    await slow.advance(5000)
    await clock.advance(5000)
  }
  await waiting
  expect(locked).toMatchObject(code('E-LOCKED'))
  lease.assertHeld()
  await lease.release()
})

test('a process that was paused for longer than its lock lives writes no more', async () => {
  const { hold, clock } = world()
  // Nothing of it runs, though time goes on; the test alone asks it.
  const { sleep } = manualClock()
  const first = await hold('run-1', 0, { clock: { now: clock.now, sleep } })
  first.assertHeld()
  const waiting = hold('run-2', 120_000)
  await clock.advance(62_000)
  const second = await waiting
  expect(first.assertHeld).toThrow(expect.objectContaining(code('E-LEASE-LOST')))
  expect(first.lost.aborted).toBe(true)
  expect(second.fencing).toBeGreaterThan(first.fencing)
  second.assertHeld()
  await Promise.all([first.release(), second.release()])
})

test('a renewal that finds another holder ends the hold at once', async () => {
  const { hold, clock, cluster } = world()
  const lease = await hold('run-1')
  const found = await cluster.get(REFERENCE)
  const spec = { ...(found?.['spec'] as object), holderIdentity: 'run-2', leaseTransitions: 2 }
  await cluster.replace({ ...(found as KubernetesObject), spec })
  lease.assertHeld()
  await clock.advance(16_000)
  expect(lease.lost.reason).toMatchObject({ facts: { code: 'E-LEASE-LOST', why: 'run-2 has taken it' } })
  expect(lease.assertHeld).toThrow('run-2 has taken it')
  await lease.release()
  expect((await cluster.get(REFERENCE))?.['spec']).toEqual(spec)
})

test('a renewal that somebody else only got in the way of is done again', async () => {
  const { hold, clock, cluster } = world()
  const lease = await hold('run-1')
  const found = (await cluster.get(REFERENCE)) as KubernetesObject
  await cluster.replace({ ...found, metadata: { ...found.metadata, labels: { seen: 'yes' } } })
  await clock.advance(61_000)
  lease.assertHeld()
  await lease.release()
  expect((await cluster.get(REFERENCE))?.metadata.labels).toEqual({ seen: 'yes' })
})

test('a Lease that somebody deleted is lost', async () => {
  const { hold, clock, cluster } = world()
  const lease = await hold('run-1')
  await cluster.remove(REFERENCE)
  await clock.advance(16_000)
  expect(lease.assertHeld).toThrow('deleted')
  await lease.release()
})

test('one that cannot be renewed is lost before others may take it', async () => {
  const { hold, clock, cluster } = world()
  const broken = cutOff(cluster)
  const lease = await hold('run-1', 0, { through: broken.cluster })
  broken.cut()
  await clock.advance(44_000)
  lease.assertHeld()
  await clock.advance(2000)
  expect(lease.lost.reason).toMatchObject(code('E-LEASE-LOST'))
})

test('so is one whose renewal hangs', async () => {
  const { clock, cluster, hold } = world()
  const hanging = { ...cluster, replace: () => new Promise<never>(() => undefined) }
  const lease = await hold('run-1', 0, { through: hanging })
  await clock.advance(46_000)
  expect(lease.lost.aborted).toBe(true)
})

test('the same holder takes it over from its own process that is gone', async () => {
  const { hold } = world()
  const first = await hold('run-1')
  const second = await hold('run-1')
  expect(second.fencing).toBe(first.fencing + 1)
  await second.release()
  await first.release()
})

test('of many that come at once, one holds it', async () => {
  const { hold } = world()
  const results = await Promise.allSettled(['1', '2', '3', '4', '5'].map((run) => hold(run)))
  const held = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  expect(held).toHaveLength(1)
  await held[0]?.release()
})

test('rights that are missing are named', async () => {
  const { clock } = world()
  const { as } = clusterInMemory({ clock, namespaces: [NAMESPACE] })
  const stranger = as('stranger', (question) => question.verb === 'get')
  await expect(
    holdLease(
      stranger,
      { namespace: NAMESPACE, release: 'model', holder: 'run-1', waitMs: 0 },
      { clock, random: { next: () => 0 }, signal: new AbortController().signal },
    ),
  ).rejects.toMatchObject(code('E-FORBIDDEN'))
})

test('whatever happens to whom, never do two think that they hold it', async () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 500, max: 40_000 }) }),
      fc.record({ kind: fc.constantFrom('cut' as const, 'release' as const), who: fc.nat({ max: 2 }) }),
    ),
    { maxLength: 25 },
  )
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const { clock, cluster, hold } = world()
      const runs = ['0', '1', '2'].map((name) => ({
        name,
        way: cutOff(cluster),
        lease: undefined as Lease | undefined,
      }))
      for (const run of runs)
        hold(run.name, 3_600_000, { through: run.way.cluster }).then(
          (lease) => (run.lease = lease),
          () => undefined,
        )
      const holders = () =>
        runs.flatMap(({ lease }) => {
          try {
            lease?.assertHeld()
            return lease === undefined ? [] : [lease.fencing]
          } catch {
            return []
          }
        })
      let highest = 0
      for (const step of script) {
        if (step.kind === 'advance') await clock.advance(step.ms)
        else if (step.kind === 'cut') runs[step.who]?.way.cut()
        else await runs[step.who]?.lease?.release()
        const held = holders()
        expect(held.length).toBeLessThanOrEqual(1)
        expect(held.every((fencing) => fencing >= highest)).toBe(true)
        highest = Math.max(highest, ...held)
      }
    }),
    { numRuns: 40 },
  )
})
