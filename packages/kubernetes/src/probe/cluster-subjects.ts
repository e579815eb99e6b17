import {
  ActionError,
  type Cluster,
  expectationOf,
  isReady,
  type KubernetesObject,
  type Observation,
  type ProbeResult,
  type ProbeTarget,
  type ReleaseRecord,
  sceneOf,
  type Subject,
} from '@mlops/core'
import { fieldsOf, listOf } from '../fields.ts'

const LATE = /nothing came for|no whole answer in|timed? ?out/i

/** What was thrown because nothing answered, or was handed on; anything else is thrown again. */
const silenceOf = (error: unknown): ProbeResult => {
  if (!(error instanceof ActionError)) throw error
  const { code, why } = error.facts
  if (code === 'E-CLUSTER') return { kind: 'silent', silence: 'api-server', message: why }
  if (code !== 'E-PROBE') throw error
  return { kind: 'silent', silence: LATE.test(why) ? 'timeout' : 'connection', message: why }
}

const through = (
  cluster: Cluster,
  namespace: string,
  resource: 'services' | 'pods',
  name: string,
  port: string,
): Subject => ({
  name: resource === 'pods' ? `pod/${name}` : `service/${name}:${port}`,
  ask: (request) =>
    cluster
      .proxy({ namespace, resource, name, port, ...request })
      .then((answer): ProbeResult => ({ kind: 'answer', answer }), silenceOf),
})

const NOTHING_ELSE = {
  events: [],
  autoscalers: [],
  services: [],
  endpointSlices: [],
  quotas: [],
  nodes: [],
  namespaces: [],
} as const satisfies Partial<Observation>

interface ContainerPort {
  readonly name?: string
  readonly containerPort: number
}

const portsOf = (pod: KubernetesObject): readonly ContainerPort[] =>
  listOf(fieldsOf(pod['spec'])['containers']).flatMap(
    (container) => listOf(fieldsOf(container)['ports']) as readonly ContainerPort[],
  )

/** A port as the API server takes it: for a pod only by its number. */
const portOf = (pod: KubernetesObject, wanted: string | undefined): string => {
  const ports = portsOf(pod)
  const port = wanted === undefined ? ports[0] : ports.find(({ name }) => name === wanted)
  return port === undefined ? (wanted ?? '') : String(port.containerPort)
}

/** The ready pods of what a record has applied, as far as they are of its revision, each with the port to ask. */
const newPods = async (cluster: Cluster, { objects, namespace: home }: ReleaseRecord, port: string | undefined) => {
  const found: Subject[] = []
  for (const { reference, applied } of objects) {
    const live = applied === undefined ? undefined : await cluster.get(reference)
    const expected = live === undefined ? undefined : expectationOf(live)
    if (live === undefined || expected === undefined || live.kind === 'Job') continue
    const namespace = reference.namespace ?? home
    const { mine } = sceneOf(expected, {
      ...NOTHING_ELSE,
      workloads: [live],
      replicaSets: await cluster.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace }),
      pods: await cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace }),
    })
    const ready = mine.filter(isReady)
    found.push(...ready.map((pod) => through(cluster, namespace, 'pods', pod.metadata.name, portOf(pod, port))))
  }
  return found
}

/** What the checks are asked of, as it is now: with `pods` that differs from one moment to the next. */
export const clusterSubjects = async (
  cluster: Cluster,
  target: Exclude<ProbeTarget, { readonly kind: 'url' }>,
  record: ReleaseRecord,
): Promise<readonly Subject[]> =>
  target.kind === 'service'
    ? [through(cluster, record.namespace, 'services', target.name, target.port)]
    : newPods(cluster, record, target.port)
