import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureBinary } from './binary/build.ts'
import { cacheFolder, once } from './binary/cache.ts'
import { startCluster } from './cluster/cluster.ts'
import { isRunning, signal, signatureOf } from './processes.ts'

/** A cluster that outlives the command that started it: one for each user. */
export interface Standing {
  /** Of the process that owns it. */
  readonly owner: string
  readonly kubeconfig: string
  readonly bin: string
  readonly endpoint: string
  /** RFC 3339. */
  readonly since: string
}

const stateFile = () => join(cacheFolder(), 'standing.json')
const logFile = () => join(cacheFolder(), 'standing.log')

/** The cluster that stands; undefined when there is none, or its owner is gone. */
export const standing = (): Standing | undefined => {
  if (!existsSync(stateFile())) return undefined
  const found = JSON.parse(readFileSync(stateFile(), 'utf8')) as Standing
  return isRunning(found.owner) ? found : undefined
}

interface Told {
  readonly failed?: string
}

/** What the owner tells first; its end counts as a failure. */
const firstWord = (owner: ChildProcess): Promise<Told> =>
  new Promise((resolve) => {
    owner.once('message', (told) => resolve(told as Told))
    owner.once('exit', () => resolve({ failed: `its process ended; see ${logFile()}` }))
    owner.once('error', (error) => resolve({ failed: error.message }))
  })

const startOwner = async (images: string | undefined): Promise<void> => {
  const log = openSync(logFile(), 'w')
  const command = [join(import.meta.dirname, 'main.ts'), 'own', ...(images === undefined ? [] : ['--images', images])]
  const owner = spawn(process.execPath, command, { detached: true, stdio: ['ignore', log, log, 'ipc'] })
  const { failed } = await firstWord(owner)
  if (owner.connected) owner.disconnect()
  owner.unref()
  if (failed !== undefined) throw new Error(`the cluster did not come up | ${failed} | try again`)
}

/** Brings a cluster up that stands until `down`, with images from a table if there is one. The same when one stands. */
export const up = async (images: string | undefined): Promise<Standing> => {
  const progress = (line: string) => void process.stderr.write(`${line}\n`)
  await ensureBinary({ progress })
  const alone = {
    lock: join(cacheFolder(), 'standing.lock'),
    isDone: () => standing() !== undefined,
    onWait: () => progress('another process brings it up'),
  }
  await once(alone, () => startOwner(images))
  const found = standing()
  if (found === undefined) throw new Error(`the cluster ended at once | see ${logFile()} | try again`)
  return found
}

/** Owns a cluster until it is told to end: what `up` starts. */
export const own = async (images: string | undefined): Promise<void> => {
  const tell = (told: Told) => process.send?.(told)
  try {
    const binary = await ensureBinary({ progress: console.log })
    const table = images ?? join(cacheFolder(), 'no-images.json')
    if (images === undefined) writeFileSync(table, '{}')
    const { kubeconfig, bin, endpoint } = await startCluster({
      binary,
      images: { kind: 'table', file: table },
      interpreters: { node: process.execPath },
    })
    const state = { owner: signatureOf(process.pid), kubeconfig, bin, endpoint, since: new Date().toISOString() }
    // Somebody may read it at any time.
    writeFileSync(`${stateFile()}.new`, JSON.stringify(state), { mode: 0o600 })
    renameSync(`${stateFile()}.new`, stateFile())
    tell({})
    // The parts of a cluster keep nobody running.
    setInterval(() => undefined, 60_000)
  } catch (error) {
    tell({ failed: error instanceof Error ? error.message : String(error) })
  }
}

const DOWN_MS = 20_000

/** Ends the cluster that stands, with all its processes and files; false when there was none. */
export const down = async (): Promise<boolean> => {
  const found = standing()
  if (found !== undefined) {
    signal(Number(found.owner.split(' ')[0]), 'SIGTERM')
    const end = performance.now() + DOWN_MS
    while (isRunning(found.owner)) {
      if (performance.now() > end) throw new Error(`the cluster's owner does not end: process ${found.owner}`)
      await sleep(50)
    }
  }
  rmSync(stateFile(), { force: true })
  return found !== undefined
}
