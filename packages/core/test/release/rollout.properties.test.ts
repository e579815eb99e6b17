import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { epochMs, followed, type Followed, type Observation } from '../../src/index.ts'
import {
  classesOf,
  crashed,
  eventsNow,
  followedThrough,
  IMAGE,
  nodeNow,
  type PodNow,
  running,
  seen,
  START,
  started,
  TIMEOUT_MS,
  waiting,
} from './cluster-now.ts'

interface Stretch {
  readonly pod: PodNow
  readonly ms: number
  /** Another pod takes the place of the one before. */
  readonly anew?: boolean
}

const lasting = (longestMs: number, pod: PodNow, anew = false) =>
  fc.integer({ min: 1, max: longestMs }).map((ms): Stretch => ({ pod, ms, anew }))

const unscheduled: PodNow = {
  conditions: [
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/2 nodes: 2 Insufficient cpu.' },
  ],
  container: { status: { state: {} } },
}
const pull = (words: string): PodNow => ({
  container: waiting('ImagePullBackOff', `Back-off pulling: ErrImagePull: ${words}`),
})

/** Trouble that passes: as long as one likes where time proves nothing, else less than its grace time. */
const trouble = fc.oneof(
  lasting(200_000, pull('429 Too Many Requests: denied')),
  lasting(200_000, pull('dial tcp: i/o timeout')),
  lasting(200_000, pull('unexpected status from GET request to https://a/not-found: 503 Service Unavailable')),
  lasting(200_000, { container: waiting('ImagePullBackOff', `Back-off pulling image "${IMAGE}"`) }),
  lasting(29_999, pull('401 Unauthorized')),
  lasting(200_000, { container: crashed(1) }),
  lasting(200_000, { container: crashed(1, 137, 'OOMKilled') }),
  lasting(200_000, { container: crashed(1, 128, 'StartError', 'context deadline exceeded') }),
  lasting(200_000, { container: running(1) }),
  lasting(200_000, { container: running() }),
  lasting(200_000, { container: waiting('CreateContainerConfigError', 'failed to sync configmap cache: timed out') }),
  lasting(9999, { container: waiting('CreateContainerConfigError', 'secret "vault" not found') }),
  lasting(59_999, unscheduled),
  lasting(200_000, { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }, true),
  lasting(200_000, { node: 'node-2', container: running() }),
  lasting(60_000, { ready: true }),
)

const START_OF_POD: Stretch = { pod: {}, ms: 1 }

/** What happens to one pod until it is ready for good. Between two troubles it is seen without any. */
const life = fc.array(trouble, { maxLength: 4 }).map((troubles) => troubles.flatMap((one) => [one, START_OF_POD]))

type Life = readonly Stretch[]

const endOf = (stretches: Life) => stretches.reduce((sum, { ms }) => sum + ms, 0)

const podAt = (stretches: Life, place: number, time: number): PodNow => {
  let from = 0
  let age = 0
  for (const { pod, ms, anew = false } of stretches) {
    const name = `model-578b64d6c7-${place}-${age}`
    if (time < from + ms) return { ...pod, name }
    if (anew) age += 1
    from += ms
  }
  return { ready: true, name: `model-578b64d6c7-${place}-${age}` }
}

const at = (lives: readonly Life[], time: number): Observation =>
  seen(
    { replicas: lives.length, pods: lives.map((one, place) => podAt(one, place, time)) },
    { nodes: [nodeNow('node-1'), nodeNow('node-2', time % 7 !== 0)] },
  )

/** A watch sees every change; time passes between, too. */
const momentsOf = (lives: readonly Life[], more: readonly number[]): readonly number[] => {
  const changes = lives.flatMap((stretches) => stretches.map((_, index) => endOf(stretches.slice(0, index + 1))))
  const last = Math.max(0, ...changes)
  return [...new Set([0, ...changes, ...more.filter((time) => time < last), last])].toSorted((a, b) => a - b)
}

const lives = fc.array(life, { minLength: 1, maxLength: 5 })
const times = fc.array(fc.integer({ min: 0, max: 800_000 }), { maxLength: 10 })

describe('a good rollout', () => {
  test('never fails for trouble that passes, and is complete when all its pods are ready', () => {
    fc.assert(
      fc.property(lives, times, (some, more) => {
        fc.pre(Math.max(...some.map(endOf)) < TIMEOUT_MS)
        let last = { state: started(), verdict: { kind: 'progressing', line: '' } } as Pick<
          Followed,
          'state' | 'verdict'
        >
        for (const time of momentsOf(some, more)) {
          last = followed(last.state, at(some, time), epochMs(START + time))
          expect(last.verdict.kind).not.toBe('failed')
        }
        expect(last.verdict.kind).toBe('complete')
      }),
      { numRuns: 300 },
    )
  })
})

const failing = fc.constantFrom<PodNow>(
  { container: crashed(3) },
  { container: crashed(2, 137, 'OOMKilled') },
  { container: crashed(2, 128, 'StartError') },
  { init: { name: 'first', ...crashed(3) } },
  pull('x: not found'),
  pull('403 Forbidden'),
  { container: waiting('CreateContainerConfigError', 'configmap "a" not found') },
  unscheduled,
  { container: running() },
)
const anyPod = fc.oneof(
  failing,
  fc.constantFrom<PodNow>({ ready: true }, {}, { old: true, ready: true }, { old: true, ready: true, ending: true }),
)
const observation = fc
  .record({ pods: fc.array(anyPod, { maxLength: 6 }), replicas: fc.integer({ min: 0, max: 6 }) })
  .map((now) => seen(now, { events: eventsNow([]) }))

describe('whatever is seen', () => {
  test('the order of what was seen between does not change how it ends', () => {
    const some = fc.array(observation, { maxLength: 6 })
    fc.assert(
      fc.property(
        some.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        observation,
        ([one, other], last) => {
          const verdicts = [one, other].map((list) => {
            const steps = [...list, last].map((now, index) => [index * 1000, now] as const)
            const { verdict } = followedThrough([...steps, [500_000, last]])
            return verdict.kind === 'failed' ? verdict.diagnoses.map(({ failureClass }) => failureClass) : verdict.kind
          })
          expect(verdicts[0]).toEqual(verdicts[1])
        },
      ),
      { numRuns: 300 },
    )
  })

  test('one more failing pod makes nothing complete, and leaves no failure unnamed', () => {
    fc.assert(
      fc.property(fc.array(anyPod, { maxLength: 6 }), failing, fc.nat(6), (pods, bad, place) => {
        const more = [...pods.slice(0, place), bad, ...pods.slice(place)]
        const end = (some: readonly PodNow[]) => {
          const now = seen({ replicas: some.length, pods: some })
          return followedThrough([
            [0, now],
            [TIMEOUT_MS, now],
          ]).verdict
        }
        expect(end(more).kind).toBe('failed')
        const before = followedThrough([[0, seen({ replicas: more.length, pods: more })]])
        expect(before.verdict.kind).not.toBe('complete')
      }),
      { numRuns: 300 },
    )
  })

  test('whoever waits is told a time that is still to come, and no failure comes before it', () => {
    fc.assert(
      fc.property(observation, fc.integer({ min: 0, max: 100_000 }), (now, offset) => {
        const { verdict, again } = followedThrough([[0, now]])
        fc.pre(verdict.kind === 'progressing')
        expect(again).toBeGreaterThan(1_000_000)
        const earlier = Math.min(again - 1_000_000 - 1, offset)
        expect(
          classesOf(
            followedThrough([
              [0, now],
              [earlier, now],
            ]),
          ),
        ).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})
