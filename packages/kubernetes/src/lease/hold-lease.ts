import {
  ActionError,
  type Clock,
  type Cluster,
  type EpochMs,
  isoTime,
  type KubernetesObject,
  type Random,
  type Refusal,
} from '@mlops/core'
import { releaseRecords } from '../records/release-records.ts'
import { leaseFacts, leaseHeldBy, leaseReference } from './lease-object.ts'

/** So long after the last change of it that they saw, others may take it. */
const LIFE_MS = 60_000
const RENEW_MS = 15_000
/** So long after its last renewal it counts as held: what was sent just before still arrives before others may take it. */
const HELD_MS = 45_000
const AGAIN_MS = 2000

export interface LeaseContext {
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

export interface LeaseRequest {
  readonly namespace: string
  readonly release: string
  /** Names one attempt of a step: who gives the same name takes it over from a process of its own that is gone. */
  readonly holder: string
  readonly waitMs: number
}

/** The right to write a release, for as long as it lasts. */
export interface Lease {
  /** Counts up at every new holder: of two writers the one with the lower number has lost the right. */
  readonly fencing: number
  /** Throws E-LEASE-LOST, once and for all, as soon as it was lost or not renewed in time by this machine's own clock. */
  readonly assertHeld: () => void
  /** Aborts with E-LEASE-LOST. */
  readonly lost: AbortSignal
  /** Lets others have it at once. What fails here does no harm: it ends by itself. */
  readonly release: () => Promise<void>
}

type Reference = ReturnType<typeof leaseReference>

const lockedBy = ({ name, namespace }: Reference, found: KubernetesObject, waitMs: number) => {
  const { holder, acquireTime, renewTime } = leaseFacts(found)
  return new ActionError({
    code: 'E-LOCKED',
    kind: 'timeout',
    what: `the release is being written by ${holder}`,
    why: `it holds the Lease ${name} in ${namespace} since ${acquireTime} and renewed it last at ${renewTime}; waited ${waitMs / 1000} s`,
    hint: 'give lock-timeout to wait for it; it ends by itself 60 s after its holder has died',
  })
}

const refusedLease = ({ name, namespace }: Reference, { status, message }: Refusal) =>
  new ActionError({
    code: status === 403 ? 'E-FORBIDDEN' : 'E-CLUSTER',
    kind: status === 403 ? 'user' : 'remote',
    what: `the Lease ${name} in ${namespace} cannot be written`,
    why: `the API server answered ${status} ${message}`,
    hint: 'grant { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] } by a Role of the namespace',
  })

const lostLease = (why: string) =>
  new ActionError({
    code: 'E-LEASE-LOST',
    kind: 'remote',
    what: 'the lock of the release was lost, so nothing more is written',
    why,
    hint: 'look at what the other one did, then run the step again',
  })

/** A Lease's times have microseconds, whether they are known or not. */
const microTime = (at: EpochMs) => isoTime(at).replace('Z', '000Z')

interface Taken {
  readonly object: KubernetesObject
  readonly fencing: number
  readonly acquireTime: string
  /** Before the request was sent, by this machine's clock. */
  readonly at: EpochMs
}

/**
 * The number of the last holder. A Lease that somebody has deleted or made anew does not tell it, and one that began at 1
 * again could never write over what the records say of later ones.
 */
const lastFencing = async (cluster: Cluster, request: LeaseRequest, found: KubernetesObject | undefined) => {
  const told = found === undefined ? 0 : leaseFacts(found).transitions
  if (told > 0) return told
  const { records } = await releaseRecords(cluster, request).list()
  return Math.max(0, ...records.map(({ fencing }) => fencing))
}

/** Waits for the Lease and takes it. */
const take = async (cluster: Cluster, request: LeaseRequest, context: LeaseContext): Promise<Taken> => {
  const { namespace, release, holder, waitMs } = request
  const { clock, random, signal } = context
  const reference = leaseReference(namespace, release)

  /** Undefined when somebody else was quicker. */
  const takeOver = async (found: KubernetesObject | undefined): Promise<Taken | undefined> => {
    const fencing = (await lastFencing(cluster, request, found)) + 1
    const at = clock.now()
    const acquireTime = microTime(at)
    const facts = { holder, transitions: fencing, acquireTime, renewTime: acquireTime }
    const object = leaseHeldBy(found, reference, facts, LIFE_MS / 1000)
    const written = await (found === undefined ? cluster.create(object) : cluster.replace(object))
    if (written.kind === 'written') return { object: written.object, fencing, acquireTime, at }
    if (written.refusal.status !== 409) throw refusedLease(reference, written.refusal)
    return undefined
  }

  const started = clock.now()
  let seen: { readonly version: string | undefined; readonly since: EpochMs } | undefined
  for (;;) {
    signal.throwIfAborted()
    const found = await cluster.get(reference)
    const version = found?.metadata.resourceVersion
    if (seen === undefined || seen.version !== version) seen = { version, since: clock.now() }
    const current = found === undefined ? '' : leaseFacts(found).holder
    // Times that others wrote are of other clocks: only what was seen here counts.
    if (current === '' || current === holder || clock.now() - seen.since >= LIFE_MS) {
      const taken = await takeOver(found)
      if (taken !== undefined) return taken
      continue
    }
    if (found !== undefined && clock.now() - started >= waitMs) throw lockedBy(reference, found, waitMs)
    await clock.sleep(AGAIN_MS * (0.5 + random.next() / 2), signal)
  }
}

/** Lets work go on that ends by the signal it sleeps with. */
const inBackground = (work: Promise<void>): Promise<void> => work.catch(() => undefined)

/**
 * Takes the Lease of a release and renews it until it is released. Throws E-LOCKED when somebody else still has it after
 * `waitMs`, and E-FORBIDDEN.
 */
export const holdLease = async (cluster: Cluster, request: LeaseRequest, context: LeaseContext): Promise<Lease> => {
  const { clock } = context
  const reference = leaseReference(request.namespace, request.release)
  const { object, fencing, acquireTime, at } = await take(cluster, request, context)
  const lost = new AbortController()
  const stopped = new AbortController()
  let current = object
  let heldUntil = at + HELD_MS
  let released = false

  const lose = (why: string) => {
    lost.abort(lostLease(why))
    stopped.abort()
  }
  const isOurs = (found: KubernetesObject) => {
    const { holder, transitions } = leaseFacts(found)
    return holder === request.holder && transitions === fencing
  }

  /** Writes the Lease as ours with that holder, or finds that it is not ours any more. */
  const write = async (holder: string): Promise<void> => {
    const sentAt = clock.now()
    const facts = { holder, transitions: fencing, acquireTime, renewTime: microTime(sentAt) }
    const written = await cluster.replace(leaseHeldBy(current, reference, facts, LIFE_MS / 1000))
    if (written.kind === 'written') {
      current = written.object
      heldUntil = sentAt + HELD_MS
      return
    }
    if (written.refusal.status !== 409 && written.refusal.status !== 404) throw refusedLease(reference, written.refusal)
    const found = await cluster.get(reference)
    if (found === undefined || !isOurs(found))
      return lose(found === undefined ? 'the Lease was deleted' : `${leaseFacts(found).holder} has taken it`)
    // Somebody has touched it without taking it.
    current = found
    await write(holder)
  }

  /** Ends the hold when its time is over, also while a renewal hangs. */
  const guard = async (): Promise<void> => {
    for (let left = heldUntil - clock.now(); left > 0; left = heldUntil - clock.now())
      await clock.sleep(left, stopped.signal)
    lose('it could not be renewed in time')
  }

  const renew = async (): Promise<void> => {
    for (let pause = RENEW_MS; ;) {
      await clock.sleep(pause, stopped.signal)
      try {
        await write(request.holder)
        pause = RENEW_MS
      } catch {
        pause = AGAIN_MS
      }
    }
  }

  const guarding = inBackground(guard())
  const renewing = inBackground(renew())

  return {
    fencing,
    lost: lost.signal,
    assertHeld: () => {
      if (released) throw lostLease('it was given back')
      if (clock.now() >= heldUntil) lose('this process was paused for longer than its lock lives')
      lost.signal.throwIfAborted()
    },
    release: async () => {
      released = true
      stopped.abort()
      await Promise.all([guarding, renewing])
      if (lost.signal.aborted) return
      try {
        await write('')
      } catch {
        // It ends by itself.
      }
    },
  }
}
