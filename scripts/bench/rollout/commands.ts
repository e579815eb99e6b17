import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClusterWorld, runStep, type StepOptions, type StepResult } from '@mlops/testing'

/** A command that has ended. */
export interface Ended {
  readonly seconds: number
  /** Milliseconds since 1970. */
  readonly endedAt: number
  readonly code: number
  readonly text: string
}

const timed = async <T>(work: () => Promise<T>) => {
  const from = performance.now()
  const result = await work()
  return { result, seconds: (performance.now() - from) / 1000, endedAt: Date.now() }
}

/** Runs kubectl as on a fresh machine, which has cached nothing. */
export const kubectl = async (
  { cluster }: ClusterWorld,
  kubeconfig: string,
  ...args: readonly string[]
): Promise<Ended> => {
  const run = () =>
    new Promise<{ readonly code: number; readonly text: string }>((resolve, reject) => {
      const child = spawn(join(cluster.bin, 'kubectl'), args, {
        env: { HOME: mkdtempSync(join(tmpdir(), 'home-')), KUBECONFIG: kubeconfig },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let text = ''
      const collect = (chunk: Buffer) => void (text += chunk.toString())
      child.stdout.on('data', collect)
      child.stderr.on('data', collect)
      child.on('error', reject)
      child.on('close', (code) => resolve({ code: code ?? -1, text }))
    })
  const { result, ...times } = await timed(run)
  return { ...result, ...times }
}

/** The same for a command that has to succeed. */
export const kubectlDone = async (
  world: ClusterWorld,
  kubeconfig: string,
  ...args: readonly string[]
): Promise<Ended> => {
  const ended = await kubectl(world, kubeconfig, ...args)
  if (ended.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${ended.text}`)
  return ended
}

/** Runs a step, which has to end with this code. */
export const step = async (options: StepOptions, code: number): Promise<Ended & Pick<StepResult, 'outputs'>> => {
  const { result, ...times } = await timed(() => runStep(options))
  if (result.code !== code) throw new Error(`${options.action} ended with ${result.code ?? 'a signal'}: ${result.text}`)
  return { ...times, code, text: result.text, outputs: result.outputs }
}
