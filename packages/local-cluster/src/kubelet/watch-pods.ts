import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../api.ts'
import type { Pod } from './pod.ts'

export interface PodHandler {
  readonly onPod: (pod: Pod) => void
  readonly onGone: (uid: string) => void
  /** After a list: whatever is not among these is gone. */
  readonly onAll: (uids: ReadonlySet<string>) => void
}

interface PodList {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly Pod[]
}

const WATCH_SECONDS = 300
const RETRY_MS = 300

/** Tells of all pods that are bound to a node, for ever: lists them, watches them, and lists them again when that breaks. */
export const watchPods = async (api: Api, node: string, { onPod, onGone, onAll }: PodHandler): Promise<never> => {
  const chosen = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`
  for (;;) {
    try {
      const { items, metadata } = await api.get<PodList>(chosen)
      for (const pod of items) onPod(pod)
      onAll(new Set(items.map(({ metadata: { uid } }) => uid)))
      const from = `&watch=true&resourceVersion=${metadata.resourceVersion}&timeoutSeconds=${WATCH_SECONDS}`
      // A connection that has died without a word is given up a little later than the server would end it.
      const late = AbortSignal.timeout((WATCH_SECONDS + 30) * 1000)
      await api.watch<Pod>(
        `${chosen}${from}`,
        ({ type, object }) => {
          if (type === 'DELETED') onGone(object.metadata.uid)
          else if (type === 'ADDED' || type === 'MODIFIED') onPod(object)
        },
        late,
      )
    } catch (error) {
      console.log(`watching pods: ${String(error)}`)
    }
    await sleep(RETRY_MS)
  }
}
