import { randomBytes } from 'node:crypto'
import type { Api } from '../api.ts'
import { type Pod, timestamp } from './pod.ts'

export type EventType = 'Normal' | 'Warning'

export interface Events {
  /** Tells the cluster what happened to a pod; the same thing again is counted. */
  readonly record: (pod: Pod, type: EventType, reason: string, message: string, fieldPath?: string) => void
  /** When all that was recorded is written. */
  readonly settled: () => Promise<void>
}

interface Written {
  readonly path: string
  count: number
}

/** Writes events in their order. One that can't be written is lost, as with a real kubelet. */
export const createEvents = (api: Api, node: string): Events => {
  const written = new Map<string, Written>()
  let last: Promise<void> = Promise.resolve()

  const write = async (pod: Pod, type: EventType, reason: string, message: string, fieldPath: string | undefined) => {
    const { name, namespace, uid } = pod.metadata
    const key = JSON.stringify([uid, type, reason, message, fieldPath])
    const known = written.get(key)
    const now = timestamp(Date.now())
    if (known !== undefined) {
      known.count += 1
      await api.patch(known.path, 'merge', { count: known.count, lastTimestamp: now })
      return
    }
    const event = `${name.slice(0, 200)}.${randomBytes(8).toString('hex')}`
    await api.create(`/api/v1/namespaces/${namespace}/events`, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: event, namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid, ...(fieldPath && { fieldPath }) },
      type,
      reason,
      message: message.slice(0, 1024),
      source: { component: 'kubelet', host: node },
      reportingComponent: 'kubelet',
      reportingInstance: node,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    })
    written.set(key, { path: `/api/v1/namespaces/${namespace}/events/${event}`, count: 1 })
  }

  return {
    record: (pod, type, reason, message, fieldPath) => {
      last = last
        .then(() => write(pod, type, reason, message, fieldPath))
        .catch((error: unknown) => console.log(`event ${reason} of ${pod.metadata.name}: ${String(error)}`))
    },
    settled: () => last,
  }
}
