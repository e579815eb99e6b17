import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning, signatureOf } from '../processes.ts'

/** The folder in the user's cache that belongs to local clusters. */
export const cacheFolder = (): string =>
  join(process.env['MLOPS_CACHE'] ?? join(homedir(), '.cache', 'mlops-actions'), 'local-cluster')

const holderOf = (lock: string): string => {
  try {
    return readFileSync(lock, 'utf8')
  } catch {
    return ''
  }
}

/** Takes a lock unless a living process has it. One that was left behind is taken over. */
const take = (lock: string): boolean => {
  const mine = `${lock}.${process.pid}`
  writeFileSync(mine, signatureOf(process.pid))
  try {
    // Unlike writing a file, a link appears together with its content.
    linkSync(mine, lock)
    return true
  } catch {
    const holder = holderOf(lock)
    if (holder !== '' && !isRunning(holder)) rmSync(lock, { force: true })
    return false
  } finally {
    rmSync(mine)
  }
}

export interface Once {
  readonly lock: string
  /** Whether another process has done it meanwhile. */
  readonly isDone: () => boolean
  readonly onWait: () => void
}

const WAIT_MS = 500

/** Runs `make` unless it is done, and never while another process does. */
export const once = async ({ lock, isDone, onWait }: Once, make: () => Promise<void>): Promise<void> => {
  for (let tries = 0; !isDone(); tries += 1) {
    if (!take(lock)) {
      if (tries === 1) onWait()
      await sleep(WAIT_MS)
      continue
    }
    try {
      if (!isDone()) await make()
    } finally {
      rmSync(lock, { force: true })
    }
  }
}
