import type { ExpectedWorkload, ObjectSelection, Observation } from '@mlops/core'
import type { FollowOptions } from './rollout-api.ts'

/** What is watched, by the part of an observation that it becomes. */
export type Selections = Readonly<Record<keyof Observation, readonly ObjectSelection[]>>

/** One selection per kind and namespace, and none of a kind that the release has no use for. */
export const selectionsOf = (
  expected: readonly ExpectedWorkload[],
  { namespaces, objects }: Pick<FollowOptions, 'namespaces' | 'objects'>,
): Selections => {
  const everywhere = (apiVersion: string, kind: string): readonly ObjectSelection[] =>
    namespaces.map((namespace) => ({ apiVersion, kind, namespace }))
  const workloads = new Map(expected.map(({ reference: { apiVersion, kind } }) => [kind, everywhere(apiVersion, kind)]))
  const kinds = new Set([...expected.map(({ reference }) => reference.kind), ...objects.map(({ kind }) => kind)])
  const where = (owner: string, apiVersion: string, kind: string) =>
    kinds.has(owner) ? everywhere(apiVersion, kind) : []
  return {
    workloads: [...workloads.values()].flat(),
    replicaSets: where('Deployment', 'apps/v1', 'ReplicaSet'),
    pods: everywhere('v1', 'Pod'),
    events: everywhere('v1', 'Event'),
    quotas: everywhere('v1', 'ResourceQuota'),
    autoscalers: where('HorizontalPodAutoscaler', 'autoscaling/v2', 'HorizontalPodAutoscaler'),
    services: where('Service', 'v1', 'Service'),
    endpointSlices: where('Service', 'discovery.k8s.io/v1', 'EndpointSlice'),
    nodes: [{ apiVersion: 'v1', kind: 'Node' }],
    namespaces: namespaces.map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      fieldSelector: `metadata.name=${name}`,
    })),
  }
}
