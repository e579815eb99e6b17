import { ActionError, type Cluster, type ExpectedWorkload, type KubernetesObject, type Observation } from '@mlops/core'
import type { FollowOptions } from './rollout-api.ts'
import { selectionsOf } from './selections.ts'

/** The namespaces of a release as they are seen from now on. */
export interface RolloutView {
  readonly observe: () => Observation
  readonly staleMs: () => number
  readonly changed: (ms: number, signal: AbortSignal) => Promise<void>
  readonly stop: () => void
}

const isForbidden = (error: unknown): boolean => error instanceof ActionError && error.facts.code === 'E-FORBIDDEN'

const namespaceNamed = (name: string): KubernetesObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

/** Watches everything that a rollout is judged by; nodes and namespaces only where the cluster lets us. */
export const watchRollout = async (
  cluster: Cluster,
  expected: readonly ExpectedWorkload[],
  options: FollowOptions,
): Promise<RolloutView> => {
  const { nodes, namespaces, ...needed } = selectionsOf(expected, options)
  const required = Object.values(needed).flat()
  const open = async () => {
    try {
      return { watched: await cluster.watch([...required, ...nodes, ...namespaces]), seesAll: true }
    } catch (error) {
      if (!isForbidden(error)) throw error
      return { watched: await cluster.watch(required), seesAll: false }
    }
  }
  const { watched, seesAll } = await open()
  const all = (selections: (typeof needed)[keyof typeof needed]) => selections.flatMap(watched.objects)
  return {
    observe: () => ({
      workloads: all(needed.workloads),
      replicaSets: all(needed.replicaSets),
      pods: all(needed.pods),
      events: all(needed.events),
      autoscalers: all(needed.autoscalers),
      services: all(needed.services),
      endpointSlices: all(needed.endpointSlices),
      quotas: all(needed.quotas),
      nodes: seesAll ? all(nodes) : [],
      // Who may not look takes them to be there.
      namespaces: seesAll ? all(namespaces) : options.namespaces.map((name) => namespaceNamed(name)),
    }),
    staleMs: watched.staleMs,
    changed: watched.changed,
    stop: watched.stop,
  }
}
