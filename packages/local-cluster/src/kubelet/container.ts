import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleepFor } from 'node:timers/promises'
import type { Api } from '../api.ts'
import type { Image } from '../image/source.ts'
import { signal as send } from '../processes.ts'
import { type BackOff, fail, goDuration } from './back-off.ts'
import { cleanUp, execute, prepare, type Prepared, type Running, start, StartError } from './container-process.ts'
import type { Place } from './downward.ts'
import { ConfigError, environmentOf } from './environment.ts'
import type { Events, EventType } from './events.ts'
import type { ImageStore } from './image-store.ts'
import { createLog, lastWords } from './logs.ts'
import type { MemoryWatch } from './memory.ts'
import {
  type ContainerSpec,
  type ContainerState,
  type ContainerStatus,
  fullName,
  type Pod,
  type Probe,
  type Terminated,
  timestamp,
} from './pod.ts'
import { check, type Target } from './probe-check.ts'
import { startProbe } from './prober.ts'
import { parseQuantity } from './quantity.ts'
import { configFault } from './refusals.ts'
import { obtainImage } from './obtain-image.ts'
import type { Routes } from './routes.ts'

/** What all containers of a node share. */
export interface NodeServices {
  readonly api: Api
  readonly events: Events
  readonly images: ImageStore
  readonly routes: Routes
  readonly memory: MemoryWatch
  readonly interpreters: Readonly<Record<string, string>>
  readonly inherited: Readonly<Record<string, string>>
  readonly backOffMs: number
}

export interface ContainerOptions {
  readonly node: NodeServices
  /** The pod as it is now. */
  readonly pod: () => Pod
  readonly place: Place
  readonly spec: ContainerSpec
  readonly isInit: boolean
  readonly volumes: ReadonlyMap<string, string>
  /** Of the container alone. */
  readonly folder: string
  /** What an earlier kubelet knew of it. */
  readonly before: ContainerStatus | undefined
  readonly onChange: () => void
}

export interface Container {
  readonly name: string
  readonly status: () => ContainerStatus
  /** Until it has ended for good: resolves to how, or to undefined when it was stopped before it ran. */
  readonly run: () => Promise<Terminated | undefined>
  readonly stop: (graceMs: number) => Promise<void>
  readonly kill: () => void
  /** Of its latest run, or of the one before. */
  readonly logFile: (previous: boolean) => string | undefined
}

// The shortest time between a stop signal and the kill, as the real kubelet's minimumGracePeriodInSeconds.
const LEAST_GRACE_MS = 2000
const EPOCH = '1970-01-01T00:00:00Z'

const sleep = (ms: number, signal: AbortSignal) => sleepFor(ms, undefined, { signal }).catch(() => undefined)

const lostWith = (status: ContainerStatus | undefined): ContainerState => {
  if (status?.state.running === undefined) return status?.state.terminated ? status.state : (status?.lastState ?? {})
  const message = 'The container could not be located when the kubelet came back.'
  const { startedAt } = status.state.running
  const finishedAt = timestamp(Date.now())
  const containerID = status.containerID ?? ''
  return {
    terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message, startedAt, finishedAt, containerID },
  }
}

export const createContainer = (options: ContainerOptions): Container => {
  const { node, spec, place, isInit, folder, volumes, before, onChange } = options
  const fieldPath = `spec.${isInit ? 'initContainers' : 'containers'}{${spec.name}}`
  const stopped = new AbortController()
  const hasInit = (options.pod().spec.initContainers ?? []).length > 0
  let state: ContainerState = { waiting: { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } }
  let lastState = lostWith(before)
  let restarts = before?.containerID === undefined ? 0 : before.restartCount + 1
  let runs = restarts
  let containerID = before?.containerID
  let imageID = before?.imageID ?? ''
  let isReady = false
  let isStarted = false
  let running: (Running & { readonly prepared: Prepared; readonly target: Target }) | undefined
  let isOutOfMemory = false
  let killTimer: NodeJS.Timeout | undefined
  let killAt = Infinity
  let ended = Promise.resolve()

  const tell = (type: EventType, reason: string, message: string) =>
    node.events.record(options.pod(), type, reason, message, fieldPath)
  const change = (next: ContainerState, started = false, ready = false) => {
    state = next
    isStarted = started
    isReady = ready
    onChange()
  }
  const wait = (reason: string, message: string) => change({ waiting: { reason, message } })
  const logOf = (run: number) => join(folder, `${run}.log`)

  const prepareUntilValid = async (image: Image): Promise<Prepared | undefined> => {
    while (!stopped.signal.aborted)
      try {
        const fault = configFault(options.pod(), spec, isInit, image)
        if (fault !== undefined) throw new ConfigError(fault)
        const variables = await environmentOf({ api: node.api, pod: options.pod(), place }, spec)
        const { interpreters, inherited } = node
        return await prepare({
          ...{ spec, image, variables, volumes, interpreters },
          folder: join(folder, String(runs)),
          inherited: { ...inherited, HOSTNAME: options.pod().metadata.name },
        })
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        tell('Warning', 'Failed', `Error: ${message}`)
        wait('CreateContainerConfigError', message)
        await sleep(node.backOffMs, stopped.signal)
      }
    return undefined
  }

  const targetOf = (prepared: Prepared): Target => ({
    podIP: place.podIP,
    port: (given) => {
      const number = spec.ports?.find(({ name }) => name === given)?.containerPort ?? given
      return { number, local: prepared.root.ports.get(String(number)) }
    },
    execute: (command, timeoutMs) => execute(prepared, command, timeoutMs),
  })

  /** What keeps an eye on a running container; ends with the signal. */
  const watch = (pid: number, target: Target, signal: AbortSignal) => {
    const limit = spec.resources?.limits?.['memory']
    if (limit !== undefined) {
      const forget = node.memory.add(pid, parseQuantity(limit), () => {
        isOutOfMemory = true
        send(-pid, 'SIGKILL')
      })
      signal.addEventListener('abort', forget)
    }
    const probe = (kind: 'Startup' | 'Readiness' | 'Liveness', one: Probe, onVerdict: (isHealthy: boolean) => void) => {
      const onFailed = (message: string) => tell('Warning', 'Unhealthy', `${kind} probe failed: ${message}`)
      return startProbe({ probe: one, target, signal, onFailed, onVerdict })
    }
    const restartFor = (kind: string, one: Probe) => {
      // It ends anyway.
      if (stopped.signal.aborted) return
      tell('Normal', 'Killing', `Container ${spec.name} failed ${kind} probe, will be restarted`)
      const grace = one.terminationGracePeriodSeconds ?? options.pod().spec.terminationGracePeriodSeconds ?? 30
      void halt(grace * 1000)
    }
    const { startupProbe, readinessProbe, livenessProbe } = spec
    const begin = () => {
      change(state, true, readinessProbe === undefined)
      if (readinessProbe !== undefined)
        probe('Readiness', readinessProbe, (isHealthy) => {
          if (isHealthy !== isReady) change(state, true, isHealthy)
        })
      if (livenessProbe === undefined) return
      const end = probe('Liveness', livenessProbe, (isHealthy) => {
        if (isHealthy) return
        end()
        restartFor('liveness', livenessProbe)
      })
    }
    if (startupProbe === undefined) return begin()
    const end = probe('Startup', startupProbe, (isHealthy) => {
      end()
      if (isHealthy) begin()
      else restartFor('startup', startupProbe)
    })
  }

  const finish = (prepared: Prepared, startedAt: string, exitCode: number, log: string): Terminated => {
    const left = cleanUp(prepared)
    const falls = spec.terminationMessagePolicy === 'FallbackToLogsOnError' && exitCode !== 0
    const message = left !== '' || !falls ? left : lastWords(log)
    const reason = isOutOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error'
    const finishedAt = timestamp(Date.now())
    return {
      exitCode,
      reason,
      ...(message !== '' && { message }),
      startedAt,
      finishedAt,
      containerID: containerID ?? '',
    }
  }

  /** One run of its process, from its start to its end. */
  const runOnce = async (image: Image, prepared: Prepared): Promise<Terminated> => {
    containerID = `process://${options.pod().metadata.uid}-${spec.name}-${runs}`
    imageID = `${spec.image.split(/@|:[^/]*$/)[0]}@${image.digest}`
    isOutOfMemory = false
    const log = createLog(logOf(runs))
    tell('Normal', 'Created', 'Container created')
    const ending = new AbortController()
    try {
      const process = await start(prepared, image, log.write)
      const target = targetOf(prepared)
      running = { ...process, prepared, target }
      ended = process.exit.then(() => undefined)
      // It was stopped while it was being started.
      if (stopped.signal.aborted) void halt(0)
      const forget = node.routes.add(place.podIP, prepared.root.ports)
      ending.signal.addEventListener('abort', forget)
      const startedAt = timestamp(Date.now())
      tell('Normal', 'Started', 'Container started')
      change({ running: { startedAt } })
      watch(process.pid, target, ending.signal)
      const exitCode = await process.exit
      log.end()
      return finish(prepared, startedAt, exitCode, logOf(runs))
    } catch (error) {
      if (!(error instanceof StartError)) throw error
      log.end()
      cleanUp(prepared)
      tell('Warning', 'Failed', `Error: ${error.message}`)
      const finishedAt = timestamp(Date.now())
      return { exitCode: 128, reason: 'StartError', message: error.message, startedAt: EPOCH, finishedAt, containerID }
    } finally {
      running = undefined
      ending.abort()
      clearTimeout(killTimer)
      killAt = Infinity
    }
  }

  const isRunAgain = ({ exitCode }: Terminated): boolean => {
    const { restartPolicy = 'Always' } = options.pod().spec
    if (restartPolicy === 'Never') return false
    return exitCode !== 0 || (restartPolicy === 'Always' && !isInit)
  }

  const waitToRestart = async (waitMs: number, { reason, message = '' }: Terminated) => {
    if (reason === 'StartError') {
      wait('RunContainerError', message)
      await sleep(node.backOffMs / 5, stopped.signal)
    }
    if (waitMs === 0 || stopped.signal.aborted) return
    const name = fullName(options.pod())
    tell('Warning', 'BackOff', `Back-off restarting failed container ${spec.name} in pod ${name}`)
    wait('CrashLoopBackOff', `back-off ${goDuration(waitMs)} restarting failed container=${spec.name} pod=${name}`)
    await sleep(waitMs, stopped.signal)
  }

  const run = async (): Promise<Terminated | undefined> => {
    for (let backOff: BackOff = { nextMs: 0 }; ;) {
      const image = await obtainImage({ node, spec, tell, wait, stopped: stopped.signal })
      const prepared = image && (await prepareUntilValid(image))
      if (image === undefined || prepared === undefined) return undefined
      const from = performance.now()
      const terminated = await runOnce(image, prepared)
      runs += 1
      change({ terminated })
      if (stopped.signal.aborted || !isRunAgain(terminated)) return terminated
      lastState = { terminated }
      const failure = fail(backOff, node.backOffMs, performance.now() - from)
      backOff = failure.backOff
      await waitToRestart(failure.waitMs, terminated)
      if (stopped.signal.aborted) return terminated
      restarts += 1
    }
  }

  const preStop = async (target: Target, graceMs: number) => {
    const hook = spec.lifecycle?.preStop
    if (hook === undefined || graceMs <= 0) return
    const failed = hook.sleep
      ? await sleepFor(Math.min(hook.sleep.seconds * 1000, graceMs)).then(() => undefined)
      : await check(hook, target, graceMs)
    if (failed !== undefined) tell('Warning', 'FailedPreStopHook', 'PreStopHook failed')
  }

  /** Ends the process that runs now: its hook, SIGTERM, and at the end of the grace SIGKILL for its whole group. */
  const halt = async (graceMs: number): Promise<void> => {
    if (running === undefined) return
    const { pid, target } = running
    const isFirst = killAt === Infinity
    const deadline = performance.now() + graceMs
    if (deadline >= killAt) return ended
    killAt = deadline
    clearTimeout(killTimer)
    const killIn = graceMs === 0 ? 0 : Math.max(graceMs, LEAST_GRACE_MS)
    killTimer = setTimeout(() => send(-pid, 'SIGKILL'), killIn)
    if (isFirst) {
      await Promise.race([preStop(target, graceMs), ended])
      send(pid, 'SIGTERM')
    }
    return ended
  }

  return {
    name: spec.name,
    status: () => ({
      name: spec.name,
      image: spec.image,
      imageID,
      ...(containerID !== undefined && { containerID }),
      ready: isInit ? state.terminated?.exitCode === 0 : isReady,
      started: isStarted,
      restartCount: restarts,
      state,
      lastState,
    }),
    run,
    stop: async (graceMs) => {
      stopped.abort()
      if (running !== undefined) tell('Normal', 'Killing', `Stopping container ${spec.name}`)
      await halt(graceMs)
    },
    kill: () => {
      if (running !== undefined) send(-running.pid, 'SIGKILL')
    },
    logFile: (previous) => {
      // The latest run is the one that runs, or else the one before the next.
      const latest = running === undefined ? runs - 1 : runs
      const file = logOf(previous ? latest - 1 : latest)
      return existsSync(file) ? file : undefined
    },
  }
}
