import {
  adoptedFields,
  clientSideManagers,
  type Clock,
  type Cluster,
  type Diagnosis,
  type KubernetesObject,
  mayBeForced,
  type ObjectReference,
  referenceOf,
  type Refusal,
} from '@mlops/core'
import { conflictingManagers, isConflict, refusedWrite } from '../preflight/refused-write.ts'
import type { Writer } from '../release-api.ts'

export type WrittenObject =
  | { readonly kind: 'written'; readonly object: KubernetesObject }
  | { readonly kind: 'refused'; readonly diagnosis: Diagnosis }

export interface Pen {
  readonly cluster: Cluster
  readonly writer: Writer
  readonly clock: Clock
  readonly signal: AbortSignal
}

const POLL_MS = 250
const GONE_MS = 60_000
/** From the writing of a definition until its kind is served. */
const SERVED_MS = 15_000
/** Somebody else's write between our reading and our writing. */
const TRIES = 5

/** Throws when the Lease is lost or the run is to stop: asked before each single write. */
const assertMayWrite = ({ writer, signal }: Pen): void => {
  signal.throwIfAborted()
  writer.assertHeld()
}

const refused = (reference: ObjectReference, refusal: Refusal): WrittenObject => ({
  kind: 'refused',
  diagnosis: refusedWrite(reference, refusal),
})

/** Hands over to us what `kubectl apply` owns of an object; nothing else of it changes. */
const adopt = async (pen: Pen, reference: ObjectReference): Promise<Refusal | undefined> => {
  for (let attempt = 1; ; attempt += 1) {
    const live = await pen.cluster.get(reference)
    const managedFields = live && adoptedFields(live)
    if (live === undefined || managedFields === undefined) return undefined
    assertMayWrite(pen)
    const patched = await pen.cluster.patch(reference, [
      { op: 'replace', path: '/metadata/managedFields', value: managedFields },
      { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
    ])
    if (patched.kind === 'written') return undefined
    if (patched.refusal.status !== 409 || attempt === TRIES) return patched.refusal
  }
}

/** Deletes the object of a uid and waits until it is gone. */
export const removeObject = async (
  pen: Pen,
  reference: ObjectReference,
  uid: string | undefined,
): Promise<'removed' | 'absent' | 'other' | Refusal> => {
  assertMayWrite(pen)
  const removed = await pen.cluster.remove(reference, uid)
  if (removed !== 'removed') return removed
  const end = pen.clock.now() + GONE_MS
  while (pen.clock.now() < end) {
    const live = await pen.cluster.get(reference)
    if (live === undefined || live.metadata.uid !== uid) return 'removed'
    await pen.clock.sleep(POLL_MS, pen.signal)
  }
  return { status: 504, reason: 'Timeout', message: `${reference.name} is not gone after a minute`, causes: [] }
}

/** Waits for a kind that a definition of the same release has just brought; the write itself then says when it is not. */
const awaitKind = async ({ cluster, clock, signal }: Pen, object: KubernetesObject): Promise<void> => {
  const end = clock.now() + SERVED_MS
  while ((await cluster.kind(object)) === undefined && clock.now() < end) await clock.sleep(POLL_MS, signal)
}

export interface WriteOptions {
  /** The object as it was last seen. */
  readonly live: KubernetesObject | undefined
  readonly conflicts: 'fail' | 'force'
  /** The object of this uid is deleted first. */
  readonly instead?: string
}

/** Writes one object by server-side apply: adopted first where kubectl owns it, never by force over a controller. */
export const writeObject = async (
  pen: Pen,
  send: KubernetesObject,
  { live, conflicts, instead }: WriteOptions,
): Promise<WrittenObject> => {
  const reference = referenceOf(send)
  await awaitKind(pen, send)
  if (instead !== undefined) {
    const removed = await removeObject(pen, reference, instead)
    if (typeof removed !== 'string') return refused(reference, removed)
  }
  const isKubectls = live !== undefined && clientSideManagers(live).length > 0
  const kept = isKubectls ? await adopt(pen, reference) : undefined
  if (kept !== undefined) return refused(reference, kept)
  assertMayWrite(pen)
  const applied = await pen.cluster.apply(send)
  if (applied.kind === 'written') return applied
  const { refusal } = applied
  if (conflicts === 'fail' || !isConflict(refusal) || !conflictingManagers(refusal).every(mayBeForced))
    return refused(reference, refusal)
  assertMayWrite(pen)
  const forced = await pen.cluster.apply(send, { force: true })
  return forced.kind === 'written' ? forced : refused(reference, forced.refusal)
}
