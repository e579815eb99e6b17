import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleepFor } from 'node:timers/promises'
import { ApiError } from '../api.ts'
import { type Container, createContainer, type NodeServices } from './container.ts'
import type { Place } from './downward.ts'
import type { Condition, ContainerSpec, ContainerStatus, Pod } from './pod.ts'
import { timestamp } from './pod.ts'
import { type PodState, statusOf } from './status.ts'
import { makeVolume, MountError } from './volumes.ts'

export interface PodWorkerOptions {
  readonly node: NodeServices
  readonly pod: Pod
  readonly place: Place
  /** Of the pod alone. */
  readonly folder: string
  /** While it is false nothing is told to the API server, as from a node that is cut off. */
  readonly isConnected: () => boolean
  readonly onGone: () => void
}

export interface PodWorker {
  readonly pod: () => Pod
  readonly container: (name: string) => Container | undefined
  /** The API server has a newer version of it. */
  readonly update: (pod: Pod) => void
  /** The API server has it no more. */
  readonly remove: () => void
  readonly evict: (message: string) => Promise<void>
  /** Writes the status again even if nothing changed. */
  readonly resync: () => void
}

const RETRY_MS = 200
const ENDED = new Set(['Succeeded', 'Failed'])

/** Runs one pod from the moment it is bound to the node until it is gone. */
export const createPodWorker = (options: PodWorkerOptions): PodWorker => {
  const { node, place, folder, isConnected, onGone } = options
  let { pod } = options
  const { namespace, name, uid } = pod.metadata
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`
  const { status: before } = pod
  const startTime = before?.startTime ?? timestamp(Date.now())
  const stopped = new AbortController()
  const volumes = new Map<string, string>()
  let isMounted = false
  const gone = new AbortController()
  let evicted: string | undefined
  let conditions: readonly Condition[] = before?.conditions ?? []
  let written = ''
  let isWriting = false
  let isTerminating = false

  const containerOf = (spec: ContainerSpec, isInit: boolean, known: readonly ContainerStatus[] = []): Container =>
    createContainer({
      node,
      pod: () => pod,
      place,
      spec,
      isInit,
      volumes,
      folder: join(folder, 'containers', spec.name),
      before: known.find((one) => one.name === spec.name),
      onChange: () => sync(),
    })
  const init = (pod.spec.initContainers ?? []).map((one) => containerOf(one, true, before?.initContainerStatuses))
  const containers = pod.spec.containers.map((one) => containerOf(one, false, before?.containerStatuses))
  const all = [...init, ...containers]

  const state = (): PodState => ({
    ...{ pod, podIP: place.podIP, hostIP: place.hostIP, startTime, isMounted, evicted },
    init: init.map((one) => one.status()),
    containers: containers.map((one) => one.status()),
  })

  /** Writes the newest status; resolves when the API server has it. */
  const write = async (): Promise<void> => {
    while (!gone.signal.aborted && isConnected()) {
      const status = statusOf(state(), conditions)
      const text = JSON.stringify(status)
      if (text === written) return
      try {
        await node.api.patch(`${path}/status`, 'strategic-merge', { metadata: { uid }, status })
        conditions = status.conditions
        written = text
      } catch (error) {
        // Its name may be another pod's by now: the uid does not match then.
        if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return
        console.log(`status of ${namespace}/${name}: ${String(error)}`)
        await sleepFor(RETRY_MS)
      }
    }
  }
  const sync = () => {
    if (isWriting) return
    isWriting = true
    void write().finally(() => {
      isWriting = false
      // Something may have changed while the last write was being answered.
      if (JSON.stringify(statusOf(state(), conditions)) !== written && !gone.signal.aborted && isConnected()) sync()
    })
  }

  const mount = async (): Promise<boolean> => {
    for (const volume of pod.spec.volumes ?? [])
      while (!volumes.has(volume.name)) {
        if (stopped.signal.aborted) return false
        try {
          const made = await makeVolume({ api: node.api, pod, place }, volume, join(folder, 'volumes', volume.name))
          volumes.set(volume.name, made)
        } catch (error) {
          if (!(error instanceof MountError)) throw error
          node.events.record(pod, 'Warning', 'FailedMount', error.message)
          await sleepFor(node.backOffMs / 2, undefined, { signal: stopped.signal }).catch(() => undefined)
        }
      }
    isMounted = true
    sync()
    return true
  }

  const live = async (): Promise<void> => {
    if (!(await mount())) return
    for (const one of init) {
      const end = await one.run()
      if (end?.exitCode !== 0) return sync()
    }
    await Promise.all(containers.map((one) => one.run()))
    sync()
  }

  const clean = () => {
    gone.abort()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    onGone()
  }

  const end = async (graceMs: number): Promise<void> => {
    stopped.abort()
    await Promise.all(all.map((one) => one.stop(graceMs)))
    await life
  }

  const terminate = async (graceMs: number): Promise<void> => {
    await end(graceMs)
    if (!isOver) await write()
    while (!gone.signal.aborted)
      try {
        await node.api.remove(path, { gracePeriodSeconds: 0, preconditions: { uid } })
        return
      } catch (error) {
        if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return
        console.log(`end of ${namespace}/${name}: ${String(error)}`)
        await sleepFor(RETRY_MS)
      }
  }

  const isOver = before?.phase !== undefined && ENDED.has(before.phase)
  const life = isOver
    ? Promise.resolve()
    : live().catch((error: unknown) => console.log(`${namespace}/${name}: ${String(error)}`))
  if (!isOver) sync()

  const onDeletion = ({ metadata: { deletionTimestamp, deletionGracePeriodSeconds = 30 } }: Pod) => {
    if (deletionTimestamp === undefined) return
    const graceMs = deletionGracePeriodSeconds * 1000
    // Asked again, with a shorter time for example, its containers only end sooner.
    if (isTerminating) void Promise.all(all.map((one) => one.stop(graceMs)))
    else void terminate(graceMs)
    isTerminating = true
  }
  onDeletion(pod)

  return {
    pod: () => pod,
    container: (wanted) => all.find((one) => one.name === wanted),
    update: (next) => {
      pod = next
      const differs = (one: Condition) =>
        next.status?.conditions?.some(({ type, status }) => type === one.type && status !== one.status) === true
      // Somebody else, the controller of a node that looked dead, wrote it.
      if (!isOver && conditions.some((one) => one.type === 'Ready' && differs(one))) written = ''
      if (!isOver) sync()
      onDeletion(next)
    },
    remove: () => void end(0).then(clean),
    evict: async (message) => {
      evicted = message
      node.events.record(pod, 'Warning', 'Evicted', message)
      await end(0)
      sync()
    },
    resync: () => {
      written = ''
      if (!isOver) sync()
    },
  }
}
