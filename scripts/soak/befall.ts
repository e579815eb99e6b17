import { setTimeout as sleep } from 'node:timers/promises'
import type { ClusterWorld, Namespace } from '@mlops/testing'
import { nodeLabel, type Round } from './objects.ts'
import type { PlannedRollout, PlannedStep } from './plan.ts'

interface Pod {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  readonly status?: {
    readonly reason?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly containerStatuses?: readonly {
      readonly restartCount: number
      readonly state?: { readonly running?: object; readonly waiting?: { readonly reason?: string } }
    }[]
  }
}

const POLL_MS = 150
const NODE = '/api/v1/nodes/local-node'

interface Where {
  readonly world: ClusterWorld
  readonly namespace: Namespace
  /** Starts the API server again. */
  readonly restart: () => Promise<void>
}

/** The trouble of a step, and whether it was seen. */
export interface Befalling {
  /** Names of the Deployments whose trouble was seen. */
  readonly seen: ReadonlySet<string>
  readonly restarted: () => boolean
  readonly stop: () => Promise<void>
}

const main = ({ status }: Pod) => status?.containerStatuses?.[0]
const holds = ({ status }: Pod, type: string, is: 'True' | 'False') =>
  (status?.conditions ?? []).some((one) => one.type === type && one.status === is)
const isReady = (pod: Pod) => holds(pod, 'Ready', 'True')

/** Makes and looks for the trouble of one rollout, given its pods of this round. */
const befalling = (world: ClusterWorld, { trouble, name: rollout, ms }: PlannedRollout, at: Round) => {
  const { kubelet, api } = world.cluster
  const wereReady = new Set<string>()
  let since: number | undefined
  let done = false
  const once = async (pods: readonly Pod[], act: (name: string) => Promise<void>): Promise<boolean> => {
    const running = pods.find((pod) => main(pod)?.state?.running !== undefined && !isReady(pod))
    if (done || running === undefined) return done
    await act(running.metadata.name)
    done = true
    return true
  }
  return async (pods: readonly Pod[]): Promise<boolean> => {
    switch (trouble) {
      case 'nothing':
      case 'slow':
        return pods.length > 0
      case 'throttled':
      case 'unavailable':
        return pods.some((pod) => /^(ErrImagePull|ImagePullBackOff)$/.test(main(pod)?.state?.waiting?.reason ?? ''))
      case 'killed':
        return once(pods, (name) => kubelet.killContainer(at.namespace, name, 'main'))
      case 'evicted':
        return once(pods, (name) => kubelet.evict(at.namespace, name, 'The node was low on resource: memory. '))
      case 'unscheduled': {
        if (pods.some((pod) => holds(pod, 'PodScheduled', 'False'))) since ??= performance.now()
        if (!done && since !== undefined && performance.now() - since >= ms) {
          await api.patch(NODE, 'merge', { metadata: { labels: { [nodeLabel(at, rollout)]: 'yes' } } })
          done = true
        }
        return since !== undefined
      }
      case 'crashed-once':
        return pods.some((pod) => (main(pod)?.restartCount ?? 0) > 0)
      case 'flapping': {
        for (const pod of pods) if (isReady(pod)) wereReady.add(pod.metadata.name)
        return pods.some((pod) => wereReady.has(pod.metadata.name) && !isReady(pod))
      }
    }
  }
}

/** Makes the trouble of a step while it runs, and notes what of it was seen. */
export const befall = (
  { world, namespace, restart }: Where,
  { rollouts, apiTrouble }: PlannedStep,
  round: number,
): Befalling => {
  const seen = new Set<string>()
  const troubles = rollouts.map((rollout) => ({
    name: rollout.name,
    act: befalling(world, rollout, { namespace: namespace.name, round }),
  }))
  const stopped = new AbortController()
  let restarted = false
  const look = async () => {
    const all = await namespace.list<Pod>('Pod')
    const pods = all.filter(({ metadata }) => metadata.labels?.['round'] === String(round))
    if (apiTrouble === 'restarted' && !restarted && pods.length > 0) {
      restarted = true
      await restart()
    }
    for (const { name, act } of troubles)
      if (await act(pods.filter(({ metadata }) => metadata.labels?.['app'] === name))) seen.add(name)
  }
  const watch = async () => {
    while (!stopped.signal.aborted) {
      // While the API server is away, and pods go, there is nothing to be seen.
      await look().catch(() => undefined)
      await sleep(POLL_MS)
    }
  }
  const watching = watch()
  return {
    seen,
    restarted: () => restarted,
    stop: async () => {
      stopped.abort()
      await watching
    },
  }
}
