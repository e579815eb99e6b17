import { describe, expect, test } from '@jest/globals'
import { expectationOf, type KubernetesObject, type Observation } from '../../src/index.ts'
import {
  classesOf,
  crashed,
  DIGEST,
  eventsNow,
  expectedOf,
  followedThrough,
  NAMESPACE,
  nothing,
  type Now,
  type PodNow,
  reference,
  running,
  seen,
  started,
  TIMEOUT_MS,
  waiting,
  workloadNow,
} from './cluster-now.ts'

const ready: PodNow = { ready: true }
const verdictOf = (observation: Observation, from = started()) => followedThrough([[0, observation]], from).verdict

const deadlinePassed = (hash = '578b64d6c7', at = '2026-11-26T01:10:00Z') => ({
  type: 'Progressing',
  status: 'False',
  reason: 'ProgressDeadlineExceeded',
  message: `ReplicaSet "model-${hash}" has timed out progressing.`,
  lastUpdateTime: at,
})

describe('what is to be waited for', () => {
  const deployment = seen({ pods: [ready] }).workloads[0]
  test('is known by uid, generation, template and pinned images', () => {
    expect(deployment === undefined ? undefined : expectationOf(deployment)).toEqual(expectedOf())
    const digestless = { ...deployment, spec: { template: { spec: { containers: [{ name: 'a', image: 'b:1' }] } } } }
    expect(expectationOf(digestless as KubernetesObject)?.digests).toEqual({})
  })
  test('is nothing for what does not roll out', () => {
    for (const kind of ['ConfigMap', 'CronJob', 'ReplicaSet'])
      expect(expectationOf({ apiVersion: 'batch/v1', kind, metadata: { name: 'x' } })).toBeUndefined()
    expect(expectationOf({ apiVersion: 'shop.test/v1', kind: 'Deployment', metadata: { name: 'x' } })).toBeUndefined()
  })
})

describe('a rollout is complete', () => {
  const complete = (now: Now) => verdictOf(seen(now), started({ expected: [expectedOf(now.kind)] })).kind === 'complete'

  test('when all pods of the new revision are available and no old one is left but those that end', () => {
    expect(complete({ pods: [ready, ready] })).toBe(true)
    const withEnding = verdictOf(seen({ replicas: 1, pods: [ready, { old: true, ready: true, ending: true }] }))
    expect(withEnding).toEqual({ kind: 'complete', line: 'Deployment/model: 1 pod available, 1 pod still ending' })
    expect(complete({ replicas: 1, pods: [ready, { old: true, ready: true }] })).toBe(false)
    expect(complete({ replicas: 2, pods: [ready] })).toBe(false)
    expect(complete({ replicas: 0, pods: [] })).toBe(true)
  })
  test('never by what the controller said before it saw the change', () => {
    expect(complete({ pods: [ready], status: { observedGeneration: 1 } })).toBe(false)
    expect(complete({ pods: [ready], status: { observedGeneration: undefined } })).toBe(false)
  })
  test('never by counts alone: the pods have to be seen', () => {
    const status = { replicas: 1, updatedReplicas: 1, availableReplicas: 1 }
    expect(complete({ replicas: 1, pods: [], status })).toBe(false)
    // Ready pods, but of another template.
    expect(complete({ replicas: 1, pods: [{ old: true, ready: true }], status })).toBe(false)
  })
  test('only when pods have been ready for as long as they are to be', () => {
    expect(complete({ pods: [ready, ready], status: { availableReplicas: 1 } })).toBe(false)
  })
  test('for a StatefulSet by its update revision, less what a partition holds back', () => {
    const kind = 'StatefulSet'
    expect(complete({ kind, pods: [ready, ready] })).toBe(true)
    expect(complete({ kind, replicas: 2, pods: [ready, { old: true, ready: true }] })).toBe(false)
    const partitioned = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } }
    const half = seen({ kind, replicas: 2, pods: [ready, { old: true, ready: true }], spec: partitioned })
    expect(verdictOf(half, started({ expected: [expectedOf(kind)] }))).toEqual({
      kind: 'complete',
      line: 'StatefulSet/model: 2 pods available, 1 pod left to the revision before by its update strategy',
    })
  })
  test('for a DaemonSet by the generation of its template', () => {
    const kind = 'DaemonSet'
    expect(complete({ kind, pods: [ready, ready] })).toBe(true)
    expect(complete({ kind, replicas: 2, pods: [ready, { old: true, ready: true }] })).toBe(false)
  })
  test('for a Job when it is complete, and not while it runs', () => {
    const kind = 'Job'
    expect(complete({ kind, pods: [], conditions: [{ type: 'Complete', status: 'True' }] })).toBe(true)
    expect(complete({ kind, pods: [{ phase: 'Succeeded' }] })).toBe(false)
  })
  test('only when all workloads are', () => {
    const both = [expectedOf(), expectedOf('StatefulSet', 'store')]
    const one = workloadNow({ pods: [ready] })
    const stateOf = (pod: PodNow): Observation => {
      const other = workloadNow({ kind: 'StatefulSet', name: 'store', pods: [pod] })
      return {
        ...nothing,
        workloads: [...one.workloads, ...other.workloads],
        replicaSets: one.replicaSets,
        pods: [...one.pods, ...other.pods],
      }
    }
    expect(verdictOf(stateOf({}), started({ expected: both })).kind).toBe('progressing')
    expect(verdictOf(stateOf(ready), started({ expected: both })).kind).toBe('complete')
    const bad = verdictOf(stateOf({ container: crashed(3) }), started({ expected: both }))
    expect(bad.kind === 'failed' ? bad.diagnoses.map(({ object }) => object.name) : []).toEqual(['store'])
  })

  const service = (spec: object): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'model', namespace: NAMESPACE },
    spec,
  })
  const slice = (more: object): KubernetesObject => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'model-1', namespace: NAMESPACE, labels: { 'kubernetes.io/service-name': 'model' } },
    endpoints: [{ conditions: { ready: true } }],
    ports: [{ port: 8080 }],
    ...more,
  })
  test('when the Services of the release lead to ready pods', () => {
    const from = started({ objects: [reference('Service')] })
    const withService = (endpoints: object, spec: object = {}, now: Now = { pods: [ready] }) =>
      verdictOf(
        seen(now, {
          services: [service({ selector: { app: 'model' }, ports: [{ port: 80 }], ...spec })],
          endpointSlices: [slice(endpoints)],
        }),
        from,
      ).kind
    expect(withService({})).toBe('complete')
    expect(withService({ endpoints: [{ conditions: { ready: false } }] })).toBe('progressing')
    expect(withService({ endpoints: [] })).toBe('progressing')
    // What a port name that no container has leaves behind.
    expect(withService({ ports: null })).toBe('progressing')
    expect(withService({ endpoints: null }, { selector: {} })).toBe('complete')
    expect(withService({ endpoints: null }, {}, { replicas: 0, pods: [] })).toBe('complete')
    // A Service that is not of the release is nobody's business.
    const foreign = seen({ pods: [ready] }, { services: [service({ selector: { app: 'x' }, ports: [{ port: 80 }] })] })
    expect(verdictOf(foreign).kind).toBe('complete')
  })
  test('with the image of the digest, whatever the runtime calls it', () => {
    const runs = (image: string, imageID: string) =>
      verdictOf(seen({ pods: [{ ready: true, container: { image, status: { ready: true, imageID } } }] })).kind
    const other = `sha256:${'b'.repeat(64)}`
    expect(runs(`a@${DIGEST}`, `a@${DIGEST}`)).toBe('complete')
    expect(runs('mirror.test/a:1', `mirror.test/a@${DIGEST}`)).toBe('complete')
    // The runtime checked the digest when it pulled; it may know the same content by another.
    expect(runs(`a@${DIGEST}`, `a@${other}`)).toBe('complete')
    expect(runs(`a@${DIGEST}`, other)).toBe('complete')
    expect(runs('a:1', `a@${other}`)).toBe('failed')
  })
})

describe('one bad pod among good ones', () => {
  const nine = Array.from({ length: 9 }, () => ready)
  test('is no failure while it may pass, and says why at the deadline', () => {
    const flapping = seen({ pods: [...nine, { container: crashed(7, 139) }] })
    const early = followedThrough([
      [0, flapping],
      [TIMEOUT_MS - 1, flapping],
    ])
    expect(early.verdict.kind).toBe('progressing')
    const late = followedThrough([[TIMEOUT_MS, flapping]])
    expect(classesOf(late)).toEqual(['crash-loop'])
  })
  test('is one at once when each pod of the revision would fare the same', () => {
    const gone = seen({ pods: [...nine, { container: waiting('ErrImagePull', 'x: not found') }] })
    expect(classesOf(followedThrough([[0, gone]]))).toEqual(['image-not-found'])
  })
  test('of the only pods there are is one: others are not made before these are ready', () => {
    const first = seen({
      replicas: 3,
      pods: [{ container: crashed(3) }, ...Array.from({ length: 3 }, (): PodNow => ({ old: true, ready: true }))],
    })
    expect(classesOf(followedThrough([[0, first]]))).toEqual(['crash-loop'])
  })
  test('and pods that fail of different things fail together', () => {
    const mixed = seen({ pods: [{ container: crashed(3) }, { container: crashed(2, 137, 'OOMKilled') }] })
    expect(classesOf(followedThrough([[0, mixed]]))).toEqual(['oom-killed'])
    const onlyOnce = seen({ pods: [{ container: crashed(3) }, { container: crashed(1, 137, 'OOMKilled') }] })
    expect(classesOf(followedThrough([[0, onlyOnce]]))).toEqual([])
  })
})

describe('time', () => {
  const missing = seen({ pods: [{ container: waiting('CreateContainerConfigError', 'configmap "a" not found') }] })
  const fine = seen({ pods: [{ container: running() }] })

  test('of a sign begins anew when it was gone', () => {
    const steps = [
      [0, missing],
      [9000, missing],
      [9500, fine],
      [9600, missing],
      [19_500, missing],
    ] as const
    expect(classesOf(followedThrough(steps))).toEqual([])
    expect(classesOf(followedThrough([...steps, [19_600, missing]]))).toEqual(['config-missing'])
  })
  test('does not matter for what a status has counted: one look is enough', () => {
    expect(classesOf(followedThrough([[500_000, seen({ pods: [{ container: crashed(3) }] })]]))).toEqual(['crash-loop'])
  })
  test('of a stand-still begins anew with every pod that gets ready', () => {
    const full = {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'exceeded quota: a, requested: pods=1, used: pods=3, limited: pods=3',
    }
    const at = (count: number, more: readonly PodNow[] = []) =>
      seen({
        replicas: 4,
        pods: [...Array.from({ length: count }, () => ready), ...more],
        maker: { conditions: [full] },
      })
    const stepping = [
      [0, at(1, [{}])],
      [60_000, at(2)],
      [69_000, at(2, [{ old: true, ready: true, ending: true }])],
      [75_000, at(2, [{}])],
      [110_000, at(3)],
      [119_999, at(3)],
    ] as const
    expect(classesOf(followedThrough(stepping))).toEqual([])
    expect(classesOf(followedThrough([...stepping, [120_000, at(3)]]))).toEqual(['quota-exceeded'])
  })
  test('does not run while pods end: they make room', () => {
    const message = 'exceeded quota: a, requested: pods=1, used: pods=2, limited: pods=2'
    const at = (...pods: readonly PodNow[]) =>
      seen({
        replicas: 2,
        pods: [ready, ...pods],
        maker: { conditions: [{ type: 'ReplicaFailure', status: 'True', message }] },
      })
    const ending = at({ old: true, ready: true, ending: true })
    expect(
      classesOf(
        followedThrough([
          [0, ending],
          [60_000, ending],
        ]),
      ),
    ).toEqual([])
    expect(
      classesOf(
        followedThrough([
          [0, at()],
          [10_000, at()],
        ]),
      ),
    ).toEqual(['quota-exceeded'])
  })
  test('is over at the deadline of the Deployment, with the best that is known', () => {
    const late = seen(
      { pods: [{ container: running() }], conditions: [deadlinePassed()] },
      { events: eventsNow([{ reason: 'Unhealthy', message: 'Readiness probe failed: connection refused' }]) },
    )
    const end = followedThrough([
      [0, fine],
      [600_000, late],
    ])
    expect(classesOf(end)).toEqual(['probe-not-ready'])
    const bare = seen({ pods: [{}], conditions: [deadlinePassed()] })
    expect(
      classesOf(
        followedThrough([
          [0, fine],
          [1, bare],
        ]),
      ),
    ).toEqual(['progress-deadline'])
  })
  test('that was not enough leaves what the cluster has warned of', () => {
    const message = 'Failed to create pod sandbox: plugin type="aws-cni" failed: no free addresses'
    const stuck = seen(
      { pods: [{}] },
      { events: eventsNow([{ type: 'Warning', reason: 'FailedCreatePodSandBox', message, count: 9 }]) },
    )
    const { verdict } = followedThrough([[TIMEOUT_MS, stuck]])
    expect(verdict.kind === 'failed' ? verdict.diagnoses[0] : undefined).toMatchObject({
      failureClass: 'timeout',
      sightings: [
        { from: 'Event of Pod/model-578b64d6c7-0', reason: 'FailedCreatePodSandBox', message: `${message} (9 times)` },
      ],
    })
  })
  test('is not over by a deadline that another revision has passed', () => {
    const old = seen({ pods: [{}], conditions: [deadlinePassed('before')] })
    expect(
      classesOf(
        followedThrough([
          [0, old],
          [700_000, old],
        ]),
      ),
    ).toEqual([])
  })
  test('is given again to what had passed its deadline before we came', () => {
    const left = seen({ pods: [{}], conditions: [deadlinePassed()], spec: { progressDeadlineSeconds: 60 } })
    expect(
      classesOf(
        followedThrough([
          [0, left],
          [59_999, left],
        ]),
      ),
    ).toEqual([])
    expect(
      classesOf(
        followedThrough([
          [0, left],
          [60_000, left],
        ]),
      ),
    ).toEqual(['progress-deadline'])
    const anew = seen({ pods: [{}], conditions: [deadlinePassed('578b64d6c7', '2026-11-26T01:20:00Z')] })
    expect(
      classesOf(
        followedThrough([
          [0, left],
          [5000, anew],
        ]),
      ),
    ).toEqual(['progress-deadline'])
  })
})

describe('a pod of the right revision from before', () => {
  const at = (ended: number, reason = 'Error') =>
    seen({ pods: [{ isOlder: true, container: crashed(ended, 1, reason) }] })
  const runs = (ended: number) => seen({ pods: [{ isOlder: true, container: running(ended) }] })
  const initAt = (ended: number) => seen({ pods: [{ isOlder: true, init: { name: 'first', ...crashed(ended) } }] })
  const killed = { reason: 'Killing', message: 'Container model failed liveness probe, will be restarted' }
  const killedAt = (ended: number): Observation => ({ ...at(ended), events: eventsNow([killed]) })
  const through = (...some: readonly Observation[]) =>
    classesOf(followedThrough(some.map((one, index) => [index * 1000, one] as const)))

  test.each([
    ['crash-loop', at(6), at(7)],
    ['oom-killed', at(2, 'OOMKilled'), at(3, 'OOMKilled')],
    ['start-error', at(4, 'StartError'), at(5, 'StartError')],
    ['init-failed', initAt(3), initAt(4)],
    ['probe-killed', killedAt(5), killedAt(6)],
  ])('that waits for its next run is judged by that run: %s', (failureClass, before, after) => {
    expect(through(before, before)).toEqual([])
    expect(through(before, after)).toEqual([failureClass])
  })
  test('may end well', () => {
    expect(
      followedThrough([
        [0, at(6)],
        [300_000, runs(6)],
        [301_000, seen({ pods: [ready] })],
      ]).verdict.kind,
    ).toBe('complete')
  })
  test('that is late fails of what was last seen of it', () => {
    expect(
      classesOf(
        followedThrough([
          [0, at(6)],
          [TIMEOUT_MS, at(6)],
        ]),
      ),
    ).toEqual(['crash-loop'])
  })
  test('that runs is judged by the run after it', () => {
    expect(through(runs(6), at(7), runs(7))).toEqual([])
    expect(through(runs(6), at(7), runs(7), at(8))).toEqual(['crash-loop'])
  })
  test('that was well is judged by what it does from now on', () => {
    const well = seen({
      pods: [{ isOlder: true, ready: true, container: { status: { ready: true, restartCount: 9 } } }, {}],
    })
    const then = (ended: number) => seen({ pods: [{ isOlder: true, container: crashed(ended) }] })
    expect(through(well, then(11))).toEqual([])
    expect(through(well, then(12))).toEqual(['crash-loop'])
  })
})

describe('whose fault it is', () => {
  const bad: PodNow = { container: crashed(3) }
  test('is the cluster’s only when half of the pods before fare no better', () => {
    const withOld = (...old: readonly PodNow[]) =>
      classesOf(followedThrough([[0, seen({ replicas: 1, pods: [bad, ...old] })]]))
    expect(withOld({ old: true }, { old: true, ready: true }, { old: true, ready: true })).toEqual(['crash-loop'])
    expect(withOld({ old: true }, { old: true, ready: true })).toEqual(['environment', 'crash-loop'])
    expect(withOld({ old: true, ending: true })).toEqual(['crash-loop'])
  })
  test('is not the cluster’s when a rule said no', () => {
    const denied = seen({
      replicas: 1,
      pods: [{ old: true }],
      maker: {
        conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'admission webhook "a" denied the request' }],
      },
    })
    expect(classesOf(followedThrough([[0, denied]]))).toEqual(['admission-denied'])
  })
})

test('what is told changes only with what is to be told, and trouble is told of when it lasts', () => {
  const throttled = seen({ pods: [{ container: waiting('ErrImagePull', 'toomanyrequests') }] })
  const lineAt = (ms: number) => {
    const { verdict } = followedThrough([
      [0, throttled],
      [ms, throttled],
    ])
    return verdict.kind === 'failed' ? '' : verdict.line
  }
  expect(lineAt(2999)).toBe('Deployment/model: 0 of 1 pod available')
  expect(lineAt(3000)).toContain('0 of 1 pod available (image ')
  expect(lineAt(500_000)).toBe(lineAt(3000))
})

test('what the cluster says cannot break out of its sentence', () => {
  const words = 'admission webhook "a" denied the request:\n::error::no\u001b[31m'
  const { verdict } = followedThrough([
    [
      0,
      seen({
        replicas: 1,
        pods: [],
        maker: { conditions: [{ type: 'ReplicaFailure', status: 'True', message: words + 'x'.repeat(5000) }] },
      }),
    ],
  ])
  const sentence = verdict.kind === 'failed' ? verdict.diagnoses[0].sentence : ''
  expect(sentence).toContain('::error::no')
  expect(sentence).not.toMatch(/\p{Cc}/u)
  expect(sentence.length).toBeLessThan(520)
})
