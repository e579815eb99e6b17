import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allProcesses, isRunning, signal, signatureOf } from '../processes.ts'

/** The variable by which every process of a cluster is found again, those that its pods started included. */
export const MARK = 'MLOPS_LOCAL_CLUSTER'

const PREFIX = 'mlops-cluster-'

const carries = (pid: number, mark: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark)
  } catch {
    // The process ended, or belongs to somebody else.
    return false
  }
}

/** Kills every process that was started with a variable. Linux only: needs /proc. */
export const killMarked = (name: string, value: string): void => {
  // Again until there is none: a process may fork between being seen and being killed.
  for (let rounds = 0; rounds < 50; rounds += 1) {
    const found = allProcesses().filter((pid) => pid !== process.pid && carries(pid, `${name}=${value}`))
    if (found.length === 0) return
    for (const pid of found) signal(pid, 'SIGKILL')
  }
}

/** Ends all processes of a cluster and removes its folder. */
export const clear = (folder: string): void => {
  killMarked(MARK, folder)
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Clears what clusters left behind whose owners were killed. */
const reap = (): void => {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(PREFIX))) {
    const [pid, started] = name.slice(PREFIX.length).split('-')
    if (!isRunning(`${pid} ${started}`)) clear(join(tmpdir(), name))
  }
}

/** A folder for a new cluster, named after the process that owns it; leftovers of the dead are cleared first. */
export const newFolder = (): string => {
  reap()
  return mkdtempSync(join(tmpdir(), `${PREFIX}${signatureOf(process.pid).replace(' ', '-')}-`))
}
