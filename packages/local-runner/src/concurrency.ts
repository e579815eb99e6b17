// Concurrency groups: https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
// A group is a folder of tickets, so that it also holds between two runs on this machine; the oldest live one goes.
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 100

export interface GroupRequest {
  readonly group: string
  readonly cancelInProgress: boolean
  /** `single`: a newcomer replaces whoever waits; `max`: all wait in order. */
  readonly queue: 'single' | 'max'
}

interface Turn {
  readonly release: () => void
}

export interface Groups {
  /**
   * Waits for the turn in a group. Undefined when somebody replaced this one, or `signal` aborted, before its turn came.
   * `onCancel` is called when a newcomer cancels it during its turn.
   */
  readonly enter: (request: GroupRequest, signal: AbortSignal, onCancel: () => void) => Promise<Turn | undefined>
}

// Where there is no /proc the id alone must do.
const responds = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The kernel's start time of a process tells it from a later one with the same id; a zombie has ended. */
const startOf = (pid: number): string | undefined => {
  if (!existsSync('/proc')) return responds(pid) ? '' : undefined
  try {
    const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '').split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

const isAlive = (path: string): boolean => {
  try {
    const [pid = '', start = ''] = readFileSync(path, 'utf8').split(' ')
    return startOf(Number(pid)) === start
  } catch {
    return false
  }
}

const ticketsOf = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => !name.endsWith('.cancel'))
    .toSorted()
    .filter((name) => {
      const alive = isAlive(join(folder, name))
      if (!alive) rmSync(join(folder, name), { force: true })
      return alive
    })

const cancel = (folder: string, ticket: string) => writeFileSync(join(folder, `${ticket}.cancel`), '')

const makeRoom = (folder: string, { cancelInProgress, queue }: GroupRequest, own: string) => {
  const [holder, ...waiting] = ticketsOf(folder).filter((ticket) => ticket < own)
  if (holder !== undefined && cancelInProgress) cancel(folder, holder)
  if (cancelInProgress || queue === 'single') for (const ticket of waiting) cancel(folder, ticket)
}

export const createGroups = (root: string): Groups => ({
  enter: async (request, signal, onCancel) => {
    const folder = join(root, createHash('sha256').update(request.group.toLowerCase()).digest('hex').slice(0, 24))
    mkdirSync(folder, { recursive: true })
    // The monotonic clock is the machine's, so tickets of two runs are in order too.
    const own = `${process.hrtime.bigint().toString().padStart(20, '0')}-${randomUUID()}`
    writeFileSync(join(folder, own), `${process.pid} ${startOf(process.pid) ?? ''}`)
    const leave = () => {
      for (const path of [own, `${own}.cancel`]) rmSync(join(folder, path), { force: true })
    }
    const isCancelled = () => existsSync(join(folder, `${own}.cancel`))
    makeRoom(folder, request, own)
    while (ticketsOf(folder)[0] !== own) {
      if (signal.aborted || isCancelled()) {
        leave()
        return undefined
      }
      await sleep(POLL_MS)
    }
    const watch = setInterval(() => {
      if (!isCancelled()) return
      clearInterval(watch)
      onCancel()
    }, POLL_MS)
    return {
      release: () => {
        clearInterval(watch)
        leave()
      },
    }
  },
})
