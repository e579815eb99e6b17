import type { Clock } from '@mlops/core'

export interface Phase {
  readonly name: string
  readonly milliseconds: number
}

export interface Stopwatch {
  /** Does something as a phase; one that is met again goes on. */
  readonly time: <T>(name: string, doing: () => Promise<T>) => Promise<T>
  /** In the order in which they began; one that failed counts too. */
  readonly phases: () => readonly Phase[]
}

/** Measures how long the phases of a deploy take. */
export const stopwatch = (clock: Clock): Stopwatch => {
  const spent = new Map<string, number>()
  return {
    time: async (name, doing) => {
      const from = clock.now()
      try {
        return await doing()
      } finally {
        spent.set(name, (spent.get(name) ?? 0) + clock.now() - from)
      }
    },
    phases: () => [...spent].map(([name, milliseconds]) => ({ name, milliseconds })),
  }
}
