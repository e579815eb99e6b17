import { canonicalJson } from '../jobs/run-key.ts'
import { type KubernetesObject, objectName } from './kubernetes-object.ts'
import type { ExpectedWorkload, Observation, PastRuns } from './rollout.ts'
import {
  type ClusterEvent,
  conditionOf,
  holds,
  isEnding,
  type Node,
  ownerOf,
  type Pod,
  type PodTemplate,
  type Quota,
  type Workload,
} from './rollout-shapes.ts'

/** One workload of a release with everything that belongs to it, at one moment. */
export interface Scene {
  readonly expected: ExpectedWorkload
  /** `Deployment/model`. */
  readonly name: string
  /** As it is now; absent when it is not there, or another one has its name. */
  readonly workload?: Workload
  /** Another object of its name. */
  readonly other?: Workload
  /** The controller has seen our change, so that its status speaks of it. */
  readonly observed: boolean
  /** What makes the pods of our revision: the ReplicaSet of our template, or the workload itself. */
  readonly maker?: Workload
  /** Pods of our revision that are neither ending nor were ended by their node. */
  readonly mine: readonly Pod[]
  /** Pods of our revision that their node has ended: evicted, lost, preempted. */
  readonly struck: readonly Pod[]
  /** Pods of other revisions that are not ending. */
  readonly old: readonly Pod[]
  /** Pods of any revision that are ending. */
  readonly ending: readonly Pod[]
  readonly nodes: readonly Node[]
  readonly quotas: readonly Quota[]
  readonly eventsOf: (object: KubernetesObject) => readonly ClusterEvent[]
  /** What its containers had been through before. */
  readonly past: PastRuns
}

const withoutHash = ({ metadata = {}, ...rest }: PodTemplate) => {
  const { 'pod-template-hash': _, ...labels } = metadata.labels ?? {}
  return { ...rest, metadata: { ...metadata, labels } }
}

/** Whether two templates are the same but for the hash that a Deployment adds, which is how its controller compares. */
export const sameTemplate = (one: unknown, other: unknown): boolean =>
  canonicalJson(withoutHash(one as PodTemplate)) === canonicalJson(withoutHash(other as PodTemplate))

const HASH = 'controller-revision-hash'
const GENERATION = 'pod-template-generation'

/** Whether a pod that a workload (or its ReplicaSet) owns is of our revision. */
const ofRevision = (workload: Workload, replicaSet: Workload | undefined): ((pod: Pod) => boolean) => {
  switch (workload.kind) {
    case 'Deployment':
      return (pod) => replicaSet !== undefined && ownerOf(pod) === replicaSet.metadata.uid
    case 'StatefulSet': {
      const revision = workload.status?.updateRevision
      return ({ metadata }) => revision !== undefined && metadata.labels?.[HASH] === revision
    }
    case 'DaemonSet': {
      // Its status names no revision, but its controller marks each pod with the generation of its template.
      const generation = workload.metadata.annotations?.['deprecated.daemonset.template.generation']
      return ({ metadata }) => generation !== undefined && metadata.labels?.[GENERATION] === generation
    }
    default:
      return () => true
  }
}

// A Job can't be changed, so its status names no generation.
const observedOf = ({ kind, status }: Workload): number =>
  kind === 'Job' ? Infinity : (status?.observedGeneration ?? 0)

const isStruck = ({ kind }: Workload, { status }: Pod): boolean => kind !== 'Job' && status?.phase === 'Failed'

/** Everything of one workload among what was seen. */
export const sceneOf = (expected: ExpectedWorkload, seen: Observation, past: PastRuns = {}): Scene => {
  const { reference } = expected
  const named = (seen.workloads as readonly Workload[]).find(
    ({ kind, metadata }) =>
      kind === reference.kind && metadata.name === reference.name && metadata.namespace === reference.namespace,
  )
  const workload = named?.metadata.uid === expected.uid ? named : undefined
  const generation = Math.max(workload?.metadata.generation ?? 0, expected.generation)
  const observed = workload !== undefined && observedOf(workload) >= generation
  const replicaSets = (seen.replicaSets as readonly Workload[]).filter((one) => ownerOf(one) === expected.uid)
  const replicaSet = replicaSets
    .filter(({ spec }) => sameTemplate(spec?.template ?? {}, expected.template))
    .toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))[0]
  const owners = new Set([expected.uid, ...replicaSets.map(({ metadata }) => metadata.uid)])
  const pods = (seen.pods as readonly Pod[]).filter((pod) => owners.has(ownerOf(pod)))
  const living = pods.filter((pod) => !isEnding(pod))
  // Before its controller has seen the change, the revision in its status is the one before.
  const known = workload !== undefined && (observed || workload.kind === 'Deployment')
  const isMine = known ? ofRevision(workload, replicaSet) : () => false
  const own = living.filter((pod) => isMine(pod))
  const struck = workload === undefined ? [] : own.filter((pod) => isStruck(workload, pod))
  const maker = workload?.kind === 'Deployment' ? replicaSet : workload
  return {
    expected,
    name: objectName(reference),
    ...(workload === undefined ? {} : { workload }),
    ...(named === undefined || workload !== undefined ? {} : { other: named }),
    observed,
    ...(maker === undefined ? {} : { maker }),
    mine: own.filter((pod) => !struck.includes(pod)),
    struck,
    old: living.filter((pod) => !isMine(pod) && pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded'),
    ending: pods.filter((pod) => isEnding(pod)),
    nodes: seen.nodes,
    quotas: seen.quotas,
    eventsOf: ({ metadata }) =>
      (seen.events as readonly ClusterEvent[]).filter(({ involvedObject }) => involvedObject?.uid === metadata.uid),
    past,
  }
}

export const isReady = (pod: Pod): boolean => holds(pod, 'Ready')

/** The node of a pod, when it is known to be in trouble. */
export const lostNodeOf = ({ nodes }: Pick<Scene, 'nodes'>, { spec }: Pod): Node | undefined =>
  nodes.find((node) => node.metadata.name === spec?.nodeName && conditionOf(node, 'Ready')?.status !== 'True')
