import { readFileSync } from 'node:fs'
import { allProcesses } from '../processes.ts'

const PAGE = 4096

interface Usage {
  readonly group: number
  readonly bytes: number
}

const usageOf = (pid: number): Usage | undefined => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    // Fields 5 and 24 of proc(5), counted from the third.
    return { group: Number(fields[2]), bytes: Number(fields[21]) * PAGE }
  } catch {
    return undefined
  }
}

/** Resident memory of each process group of this machine, in bytes. Linux only. */
const memoryByGroup = (): ReadonlyMap<number, number> => {
  const all = new Map<number, number>()
  for (const pid of allProcesses()) {
    const usage = usageOf(pid)
    if (usage !== undefined) all.set(usage.group, (all.get(usage.group) ?? 0) + usage.bytes)
  }
  return all
}

const INTERVAL_MS = 250

/** Kills groups that use more memory than they may. */
export interface MemoryWatch {
  /** @returns how to end it */
  readonly add: (group: number, limit: number, onExceeded: () => void) => () => void
}

export const createMemoryWatch = (): MemoryWatch => {
  const watched = new Map<number, { readonly limit: number; readonly onExceeded: () => void }>()
  const look = () => {
    if (watched.size === 0) return
    const used = memoryByGroup()
    for (const [group, { limit, onExceeded }] of watched) if ((used.get(group) ?? 0) > limit) onExceeded()
  }
  setInterval(look, INTERVAL_MS).unref()
  return {
    add: (group, limit, onExceeded) => {
      watched.set(group, { limit, onExceeded })
      return () => watched.delete(group)
    },
  }
}
