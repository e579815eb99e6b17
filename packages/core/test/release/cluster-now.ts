import {
  epochMs,
  type ExpectedWorkload,
  followed,
  type Followed,
  type KubernetesObject,
  type ObjectReference,
  type Observation,
  type RolloutState,
  startRollout,
} from '../../src/index.ts'

// Objects as the API server of a real cluster gives them, without the fields that nobody here looks at. Statuses and messages
// are copied from the local cluster, or from the documentation where only another cluster shows them.

export const NAMESPACE = 'shop'
export const DIGEST = `sha256:${'a'.repeat(64)}`
export const IMAGE = `registry.test:5000/not-found/model@${DIGEST}`
const HASH = '578b64d6c7'

export interface Container {
  readonly name?: string
  readonly image?: string
  readonly resources?: object
  readonly probes?: object
  readonly status?: object
}

export interface PodNow {
  readonly name?: string
  readonly phase?: string
  readonly reason?: string
  readonly message?: string
  readonly old?: boolean
  readonly ready?: boolean
  readonly ending?: boolean
  readonly node?: string
  readonly conditions?: readonly object[]
  readonly container?: Container
  readonly init?: Container
  readonly spec?: object
  readonly labels?: Readonly<Record<string, string>>
  /** It was there before the rollout. */
  readonly isOlder?: boolean
}

const TEMPLATE = {
  metadata: { labels: { app: 'model' } },
  spec: { containers: [{ name: 'model', image: IMAGE }] },
}
const OLD_TEMPLATE = {
  ...TEMPLATE,
  spec: { containers: [{ name: 'model', image: 'registry.test:5000/model:before' }] },
}

export const reference = (kind = 'Deployment', name = 'model'): ObjectReference => ({
  apiVersion: kind === 'Job' ? 'batch/v1' : kind === 'Service' ? 'v1' : 'apps/v1',
  kind,
  namespace: NAMESPACE,
  name,
})

export const expectedOf = (kind = 'Deployment', name = 'model'): ExpectedWorkload => ({
  reference: reference(kind, name),
  uid: `uid-${name}`,
  generation: 2,
  digests: { model: DIGEST },
  template: TEMPLATE,
})

const containerOf = ({ name = 'model', image = IMAGE, resources = {}, probes = {} }: Container = {}) => ({
  name,
  image,
  resources,
  ...probes,
})

const statusOf = ({ name = 'model', image = IMAGE, status = {} }: Container = {}, ready = false) => ({
  name,
  image,
  imageID: image,
  ready,
  restartCount: 0,
  state: ready ? { running: { startedAt: '2026-11-26T01:00:01Z' } } : { waiting: { reason: 'ContainerCreating' } },
  lastState: {},
  ...status,
})

const owner = (kind: string, name: string) => [
  { apiVersion: 'apps/v1', kind, name, uid: `uid-${name}`, controller: true },
]

const podOf = (now: PodNow, index: number, kind: string, workload: string): KubernetesObject => {
  const revision = now.old === true ? 'before' : HASH
  const name = now.name ?? `${workload}-${revision}-${index}`
  const owns = kind === 'Deployment' ? owner('ReplicaSet', `${workload}-${revision}`) : owner(kind, workload)
  const ready = now.ready === true
  const mark = kind === 'DaemonSet' ? { 'pod-template-generation': now.old === true ? '1' : '2' } : {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: NAMESPACE,
      uid: `uid-${name}`,
      creationTimestamp: now.isOlder === true ? '1970-01-01T00:10:00Z' : '2026-11-26T01:00:00Z',
      labels: { app: workload, 'controller-revision-hash': `${workload}-${revision}`, ...mark, ...now.labels },
      ownerReferences: owns,
      ...(now.ending === true ? { deletionTimestamp: '2026-11-26T01:00:09Z' } : {}),
    },
    spec: {
      nodeName: now.node ?? 'node-1',
      containers: [containerOf(now.container)],
      ...(now.init === undefined ? {} : { initContainers: [containerOf(now.init)] }),
      ...now.spec,
    },
    status: {
      phase: now.phase ?? (ready ? 'Running' : 'Pending'),
      ...(now.reason === undefined ? {} : { reason: now.reason, message: now.message ?? '' }),
      conditions: [
        { type: 'Ready', status: ready ? 'True' : 'False', reason: ready ? null : 'ContainersNotReady', message: null },
        ...(now.conditions ?? []),
      ],
      containerStatuses: [statusOf(now.container, ready)],
      ...(now.init === undefined ? {} : { initContainerStatuses: [statusOf(now.init)] }),
    },
  }
}

export interface Now {
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job'
  readonly name?: string
  readonly replicas?: number
  readonly pods?: readonly PodNow[]
  /** Of the workload, over what follows from its pods. */
  readonly metadata?: object
  readonly spec?: object
  readonly status?: object
  readonly conditions?: readonly object[]
  /** Of the ReplicaSet of our revision. */
  readonly maker?: object
}

/** A workload and what belongs to it, with the counts that its controller would give. */
export const workloadNow = (now: Now): Pick<Observation, 'workloads' | 'replicaSets' | 'pods'> => {
  const { kind = 'Deployment', name = 'model', replicas = now.pods?.length ?? 1, pods = [], conditions = [] } = now
  const living = pods.filter(({ ending, phase }) => ending !== true && phase !== 'Failed')
  const mine = living.filter(({ old }) => old !== true)
  const readyOf = (some: readonly PodNow[]) => some.filter(({ ready }) => ready === true).length
  const counts = {
    replicas: living.length,
    updatedReplicas: mine.length,
    readyReplicas: readyOf(living),
    availableReplicas: readyOf(living),
    desiredNumberScheduled: replicas,
    updatedNumberScheduled: mine.length,
    numberAvailable: readyOf(living),
    updateRevision: `${name}-${HASH}`,
  }
  const workload: KubernetesObject = {
    ...reference(kind, name),
    metadata: {
      name,
      namespace: NAMESPACE,
      uid: `uid-${name}`,
      generation: 2,
      annotations: { 'deprecated.daemonset.template.generation': '2' },
      ...now.metadata,
    },
    spec: { replicas, template: TEMPLATE, progressDeadlineSeconds: 600, ...now.spec },
    status: {
      ...(kind === 'Job' ? {} : { observedGeneration: 2, ...counts }),
      conditions,
      ...now.status,
    },
  }
  const replicaSet = (hash: string, template: typeof TEMPLATE, status: object): KubernetesObject => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace: NAMESPACE,
      uid: `uid-${name}-${hash}`,
      ownerReferences: owner(kind, name),
    },
    spec: {
      template: { ...template, metadata: { labels: { ...template.metadata.labels, 'pod-template-hash': hash } } },
    },
    status,
  })
  return {
    workloads: [workload],
    replicaSets: [replicaSet(HASH, TEMPLATE, now.maker ?? {}), replicaSet('before', OLD_TEMPLATE, {})],
    pods: pods.map((pod, index) => podOf(pod, index, kind, name)),
  }
}

export interface EventNow {
  readonly of?: string
  readonly reason: string
  readonly message: string
  readonly type?: 'Warning'
  readonly count?: number
  readonly at?: string
}

/** Events of the first pod of ours, or of another object by name. */
export const eventsNow = (events: readonly EventNow[]): readonly KubernetesObject[] =>
  events.map(({ of = `model-${HASH}-0`, at = '2026-11-26T01:00:05Z', ...told }, index) => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `event-${index}`, namespace: NAMESPACE },
    involvedObject: { kind: 'Pod', name: of, uid: `uid-${of}` },
    ...told,
    lastTimestamp: at,
  }))

export const nodeNow = (name: string, ready = true): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  status: {
    allocatable: { cpu: '1930m', memory: '7Gi' },
    conditions: [
      { type: 'Ready', status: ready ? 'True' : 'False', reason: ready ? 'KubeletReady' : 'KubeletNotReady' },
    ],
  },
})

export const nothing: Observation = {
  workloads: [],
  replicaSets: [],
  pods: [],
  events: [],
  autoscalers: [],
  services: [],
  endpointSlices: [],
  quotas: [],
  nodes: [nodeNow('node-1'), nodeNow('node-2')],
  namespaces: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }],
}

export const seen = (now: Now, more: Partial<Observation> = {}): Observation => ({
  ...nothing,
  ...workloadNow(now),
  ...more,
})

export const START = 1_000_000
export const TIMEOUT_MS = 900_000

export interface StartOptions {
  readonly expected?: readonly ExpectedWorkload[]
  readonly objects?: readonly ObjectReference[]
  readonly timeoutMs?: number
}

export const started = ({ expected = [expectedOf()], objects = [], timeoutMs = TIMEOUT_MS }: StartOptions = {}) =>
  startRollout(expected, epochMs(START), { timeoutMs, objects })

/** Judges observations, each at its time in milliseconds after the start; gives what was judged last. */
export const followedThrough = (
  steps: readonly (readonly [number, Observation])[],
  from: RolloutState = started(),
): Followed => {
  let last: Followed | undefined
  for (const [ms, observation] of steps) last = followed(last?.state ?? from, observation, epochMs(START + ms))
  if (last === undefined) throw new Error('nothing was seen')
  return last
}

/** The classes of a verdict; none while it is no failure. */
export const classesOf = ({ verdict }: Followed): readonly string[] =>
  verdict.kind === 'failed' ? verdict.diagnoses.map(({ failureClass }) => failureClass) : []

/** A container that ended `ended` times with an exit code, and waits to be started again. */
export const crashed = (ended: number, exitCode = 1, reason = 'Error', message = ''): Container => ({
  status: {
    restartCount: ended - 1,
    state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 20s restarting failed container=model' } },
    lastState: { terminated: { exitCode, reason, message } },
  },
})

export const waiting = (reason: string, message: string): Container => ({
  status: { state: { waiting: { reason, message } } },
})

/** Runs, but is not ready, after `ended` runs that ended. */
export const running = (ended = 0): Container => ({
  probes: { readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 5, failureThreshold: 3 } },
  status: {
    restartCount: ended,
    state: { running: {} },
    lastState: ended === 0 ? {} : { terminated: { exitCode: 1, reason: 'Error' } },
  },
})
