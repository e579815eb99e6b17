import { connect } from 'node:net'
import { setTimeout as sleepFor } from 'node:timers/promises'
import type { Probe } from './pod.ts'
import { check, type Target } from './probe-check.ts'
import { afterProbe, UNPROBED } from './probe-state.ts'

export interface ProbeOptions {
  readonly probe: Probe
  readonly target: Target
  readonly signal: AbortSignal
  readonly onFailed: (message: string) => void
  /** Whenever a threshold is reached. */
  readonly onVerdict: (isHealthy: boolean) => void
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })

const LOOK_MS = 20

/**
 * A container's process takes its time until it listens. A probe that comes before that would fail, and the next one would
 * be a whole period away: so the first one waits for it, but no longer than a period.
 */
const untilItListens = async ({ probe, target, signal }: ProbeOptions, periodMs: number): Promise<void> => {
  const given = probe.httpGet?.port ?? probe.tcpSocket?.port
  const port = given === undefined ? undefined : target.port(given).local
  if (port === undefined) return
  const end = performance.now() + periodMs
  while (!signal.aborted && performance.now() < end && !(await listens(port)))
    await sleepFor(LOOK_MS, undefined, { signal }).catch(() => undefined)
}

const repeat = async (options: ProbeOptions): Promise<void> => {
  const { probe, target, signal, onFailed, onVerdict } = options
  const periodMs = (probe.periodSeconds ?? 10) * 1000
  const sleep = (ms: number) => sleepFor(ms, undefined, { signal }).catch(() => undefined)
  await sleep((probe.initialDelaySeconds ?? 0) * 1000)
  await untilItListens(options, periodMs)
  for (let state = UNPROBED; !signal.aborted;) {
    const from = performance.now()
    const failure = await check(probe, target, (probe.timeoutSeconds ?? 1) * 1000)
    if (signal.aborted) return
    if (failure !== undefined) onFailed(failure)
    const step = afterProbe(state, probe, failure === undefined)
    state = step.state
    if (step.verdict !== undefined) onVerdict(step.verdict === 'healthy')
    await sleep(Math.max(0, periodMs - (performance.now() - from)))
  }
}

/**
 * Probes a container again and again until the signal.
 *
 * @returns how to end it sooner
 */
export const startProbe = (options: ProbeOptions): (() => void) => {
  const own = new AbortController()
  void repeat({ ...options, signal: AbortSignal.any([options.signal, own.signal]) })
  return () => own.abort()
}
