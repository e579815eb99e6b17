import { beforeEach, describe, expect, test } from '@jest/globals'
import {
  ActionError,
  type Cluster,
  type Clock,
  epochMs,
  type KubernetesObject,
  type LogRequest,
  type ObjectReference,
  type ObjectSelection,
} from '@mlops/core'
import { followRollout } from '../src/rollout/follow-rollout.ts'

const NAMESPACE = 'shop'
const template = {
  spec: { containers: [{ name: 'model', image: 'a:1', envFrom: [{ secretRef: { name: 'login' } }] }] },
}
const owned = (by: string) => [{ apiVersion: 'apps/v1', kind: 'Owner', name: by, uid: `uid-${by}`, controller: true }]
const objectOf = (apiVersion: string, kind: string, name: string, rest: object): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: NAMESPACE, uid: `uid-${name}`, generation: 1 },
  ...rest,
})

const expected = [
  {
    reference: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: NAMESPACE, name: 'model' },
    uid: 'uid-model',
    generation: 1,
    digests: {},
    template,
  },
]

const worldOf = (status: object, podStatus: object): readonly KubernetesObject[] => {
  const replicaSet = objectOf('apps/v1', 'ReplicaSet', 'model-1', { spec: { template } })
  const pod = objectOf('v1', 'Pod', 'model-1-a', { spec: template.spec, status: podStatus })
  return [
    objectOf('v1', 'Namespace', NAMESPACE, {}),
    objectOf('apps/v1', 'Deployment', 'model', {
      spec: { replicas: 1, template },
      status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, ...status },
    }),
    { ...replicaSet, metadata: { ...replicaSet.metadata, ownerReferences: owned('model') } },
    { ...pod, metadata: { ...pod.metadata, ownerReferences: owned('model-1') } },
  ]
}

const starting = worldOf({}, { phase: 'Pending' })
const complete = worldOf(
  { availableReplicas: 1 },
  { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
)
const crashing = worldOf(
  {},
  {
    phase: 'Running',
    containerStatuses: [
      {
        name: 'model',
        restartCount: 2,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 1, reason: 'Error' } },
      },
    ],
  },
)

let now = 0
let world: readonly KubernetesObject[] = []
/** What happens by itself at a time. */
let happens: readonly (readonly [number, () => void])[] = []
let staleSince: number | undefined
let lines: readonly string[] = []
let stopped = 0
let forbidden: readonly string[] = []
let watches: readonly (readonly string[])[] = []
let masked: readonly string[] = []
let secrets: (reference: ObjectReference) => KubernetesObject | undefined = () => undefined
let logs: (request: LogRequest) => string | undefined = () => undefined

beforeEach(() => {
  now = 0
  world = starting
  happens = []
  staleSince = undefined
  lines = []
  stopped = 0
  forbidden = []
  watches = []
  logs = () => undefined
  masked = []
  secrets = () => undefined
})

const refused = (code: 'E-FORBIDDEN' | 'E-CLUSTER') =>
  new ActionError({ code, kind: code === 'E-FORBIDDEN' ? 'user' : 'remote', what: 'no', why: '', hint: '' })

const clock: Clock = {
  now: () => epochMs(now),
  sleep: () => Promise.reject(new Error('nobody sleeps here')),
}

/** A cluster whose watch lets time pass: to the next thing that happens, or as long as it was told to wait. */
const cluster = {
  watch: async (selections: readonly ObjectSelection[]) => {
    const kinds = selections.map(({ kind }) => kind)
    watches = [...watches, kinds]
    if (kinds.some((kind) => forbidden.includes(kind))) throw refused('E-FORBIDDEN')
    return {
      objects: ({ kind }: ObjectSelection) => world.filter((object) => object.kind === kind),
      staleMs: () => (staleSince === undefined ? 0 : now - staleSince),
      changed: async (ms: number, signal?: AbortSignal) => {
        signal?.throwIfAborted()
        expect(ms).toBeGreaterThan(0)
        const [next, ...later] = happens
        if (next === undefined || next[0] > now + ms) {
          now += ms
          return
        }
        now = next[0]
        happens = later
        next[1]()
        signal?.throwIfAborted()
      },
      stop: () => {
        stopped += 1
      },
    }
  },
  logs: async (request: LogRequest) => logs(request),
  get: async (reference: ObjectReference) => secrets(reference),
} as unknown as Cluster

const follow = (timeoutMs = 600_000, signal = new AbortController().signal) =>
  followRollout(
    cluster,
    expected,
    { namespaces: [NAMESPACE], timeoutMs, objects: expected.map(({ reference }) => reference) },
    {
      clock,
      signal,
      log: { info: (line) => void (lines = [...lines, line]), mask: (value) => void (masked = [...masked, value]) },
    },
  )

const firstOf = (end: Awaited<ReturnType<typeof follow>>) => (end.kind === 'failed' ? end.diagnoses[0] : undefined)

describe('a rollout that is followed', () => {
  test('is judged at each change, and told of when something changed', async () => {
    happens = [
      [1000, () => undefined],
      [2000, () => (world = complete)],
    ]
    expect(await follow()).toEqual({ kind: 'complete', line: 'Deployment/model: 1 pod available' })
    expect(now).toBe(2000)
    expect(lines).toEqual(['Deployment/model: 0 of 1 pod available'])
    expect(stopped).toBe(1)
  })
  test('ends at its deadline to the millisecond though nothing changes', async () => {
    expect(firstOf(await follow(70_000))?.failureClass).toBe('timeout')
    expect(now).toBe(70_000)
  })
  test('ends with the reason of who stops it', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    happens = [[1000, () => stop.abort(reason)]]
    await expect(follow(600_000, stop.signal)).rejects.toBe(reason)
    expect([now, stopped]).toEqual([1000, 1])
  })
})

describe('a silent API server', () => {
  test('is the cluster’s fault after two minutes, and nothing is judged by what is old', async () => {
    happens = [
      [
        5000,
        () => {
          staleSince = 5000
        },
      ],
      // It is not seen any more, and so it is no verdict.
      [60_000, () => (world = crashing)],
    ]
    expect(firstOf(await follow())).toMatchObject({ failureClass: 'environment', object: expected[0]?.reference })
    expect(now).toBe(125_000)
  })
  test('is so at the deadline already', async () => {
    happens = [[5000, () => void (staleSince = 5000)]]
    expect(firstOf(await follow(60_000))?.failureClass).toBe('environment')
    expect(now).toBe(60_000)
  })
  test('that comes back is as if nothing had been', async () => {
    happens = [
      [5000, () => void (staleSince = 5000)],
      [
        100_000,
        () => {
          staleSince = undefined
          world = complete
        },
      ],
    ]
    expect((await follow()).kind).toBe('complete')
  })
})

describe('the log of what failed', () => {
  beforeEach(() => {
    world = crashing
  })
  test('shows no value of a Secret, whole, in parts or as it is encoded', async () => {
    const key = '-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----\n'
    const encoded = (value: string) => Buffer.from(value).toString('base64')
    secrets = ({ kind, namespace, name }) =>
      objectOf('v1', kind, name, {
        data:
          `${namespace ?? ''}/${name}` === 'shop/login'
            ? { password: encoded('hunter22'), longer: encoded('hunter22-2'), key: encoded(key), level: encoded('3') }
            : {},
      })
    logs = () => `login with hunter22-2, then hunter22\n${encoded('hunter22')}\nkey MIIEvQIBADANBg of 3 lines`
    expect(firstOf(await follow())?.log).toEqual(['login with ***, then ***', '***', 'key *** of 3 lines'])
    world = worldOf(
      {},
      {
        phase: 'Running',
        containerStatuses: [
          {
            name: 'model',
            restartCount: 2,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 1, reason: 'Error', message: 'no login with hunter22' } },
          },
        ],
      },
    )
    const told = JSON.stringify(firstOf(await follow()))
    expect(told).toContain('no login with ***')
    expect(told).not.toContain('hunter22')
    expect([...new Set(masked)].toSorted()).toEqual(
      ['MIIEvQIBADANBg', encoded('hunter22'), 'hunter22', 'hunter22-2'].toSorted(),
    )
  })
  test('is not shown when nobody can say what to hide in it', async () => {
    secrets = () => {
      throw refused('E-FORBIDDEN')
    }
    logs = () => 'login with hunter22'
    const { failureClass, log } = firstOf(await follow()) ?? {}
    expect([failureClass, log]).toEqual(['crash-loop', [expect.stringContaining('Secret/login') as unknown]])
    expect(String(log)).not.toContain('hunter22')
  })
  const logOf = async () => firstOf(await follow())?.log
  test('is its last 50 lines, each capped', async () => {
    logs = ({ pod, container, previous, tailLines }) => {
      expect([pod, container, previous, tailLines]).toEqual(['model-1-a', 'model', false, 50])
      return `${Array.from({ length: 60 }, (_, line) => `line ${line}`).join('\n')}\n${'x'.repeat(9000)}\n`
    }
    const log = (await logOf()) ?? []
    expect([log.length, log[0], log.at(-1)?.length]).toEqual([50, 'line 11', 500])
  })
  test('is that of the run before when this one has said nothing', async () => {
    logs = ({ previous }) => (previous === true ? 'last words\n' : '')
    expect(await logOf()).toEqual(['last words'])
  })
  test('is missed by nobody who may not read it', async () => {
    logs = () => {
      throw refused('E-FORBIDDEN')
    }
    expect(await logOf()).toBeUndefined()
  })
})

describe('what is watched', () => {
  test('is only what the release has a use for', async () => {
    world = complete
    await follow()
    const kinds = ['Deployment', 'ReplicaSet', 'Pod', 'Event', 'ResourceQuota', 'Node', 'Namespace']
    expect(watches.map((one) => one.toSorted())).toEqual([kinds.toSorted()])
  })
  test('is less where nodes and namespaces may not be seen, and never less than the pods', async () => {
    world = complete.filter(({ kind }) => kind !== 'Namespace')
    forbidden = ['Node', 'Namespace']
    expect((await follow()).kind).toBe('complete')
    forbidden = ['Pod']
    await expect(follow()).rejects.toMatchObject({ facts: { code: 'E-FORBIDDEN' } })
  })
})
