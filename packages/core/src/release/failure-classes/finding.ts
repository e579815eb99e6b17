import type { Diagnosis, Sighting } from '../diagnosis.ts'
import { objectName, type ObjectReference, referenceOf } from '../kubernetes-object.ts'
import type { ClusterEvent, Pod } from '../rollout-shapes.ts'
import type { Sign } from './signs.ts'

/** A sign of a failure at one place. */
export interface Finding {
  readonly sign: Sign
  /** The workload or object that fails. */
  readonly object: ObjectReference
  /** The pod that shows it, if it is a pod. */
  readonly pod?: Pod
  /** What is wrong, with names and numbers: a clause that follows the name of the object. */
  readonly what: string
  readonly advice: string
  readonly sightings: readonly Sighting[]
  readonly container?: NonNullable<Diagnosis['container']>
}

/** A fact in the words of an object's status. */
export const sightingOf = (from: ObjectReference, reason = '', message = ''): Sighting => ({
  from: objectName(from),
  reason,
  message,
})

/** When an event happened last, as the cluster tells it. */
const lastSeen = ({ series, lastTimestamp, eventTime, metadata }: ClusterEvent): string =>
  series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? ''

/** How often an event happened. */
export const timesOf = ({ series, count = 1 }: ClusterEvent): number => series?.count ?? count

/** Events, newest first. */
export const newestFirst = (events: readonly ClusterEvent[]): readonly ClusterEvent[] =>
  events.toSorted((a, b) => lastSeen(b).localeCompare(lastSeen(a)))

/** Events as facts, newest first, the same message once. */
export const eventSightings = (events: readonly ClusterEvent[]): readonly Sighting[] => {
  const seen = new Set<string>()
  return newestFirst(events).flatMap((event) => {
    const { involvedObject: { kind = '', name = '' } = {}, reason = '', message = '' } = event
    const key = `${reason} ${message}`
    if (seen.has(key)) return []
    seen.add(key)
    const times = timesOf(event)
    const often = times > 1 ? ` (${times} times)` : ''
    return [{ from: `Event of ${kind}/${name}`, reason, message: `${message}${often}` }]
  })
}

/** Whose log tells about a container. */
export const logOf = (pod: Pod, container: string, previous: boolean): NonNullable<Diagnosis['container']> => ({
  namespace: referenceOf(pod).namespace ?? '',
  pod: pod.metadata.name,
  container,
  previous,
})
