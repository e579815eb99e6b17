import { ActionError } from '@mlops/core'
import type { Context } from './context.ts'
import { limited } from './signals.ts'

const KEY = 'holder'

/** Who holds the lock, in words for whoever waits for it. No two steps are the same: also not two legs of a matrix. */
export const newHolder = ({ identity, random }: Pick<Context, 'identity' | 'random'>): string => {
  const own = Math.floor(random.next() * 36 ** 8)
    .toString(36)
    .padStart(8, '0')
  return `${identity.repository} run ${identity.runId}.${identity.runAttempt} ${identity.job} ${own}`
}

/** Said before the lock is taken, so that `post` knows of it though this process may be killed. */
export const noteHolder = ({ state }: Pick<Context, 'state'>, holder: string): void => state.save(KEY, holder)

export const noteReleased = ({ state }: Pick<Context, 'state'>): void => state.save(KEY, '')

/** Who the main step was when it ended without releasing its lock. */
const leftHolder = ({ state }: Pick<Context, 'state'>): string | undefined => state.load(KEY)

/** The runner gives `post` five minutes after a cancel. */
const POST_MS = 4 * 60_000

/**
 * Sees to what the main step has left when it ended without releasing its lock, in the time that `post` has. Does nothing when
 * somebody else has the lock: whoever has it sees to it.
 *
 * @param late what it means when that time is not enough
 */
export const seeToLeft = async (
  context: Context,
  late: string,
  seeTo: (holder: string, context: Context) => Promise<void>,
): Promise<void> => {
  const holder = leftHolder(context)
  if (holder === undefined) return
  const tooLong = new ActionError({
    code: 'E-ROLLBACK-FAILED',
    kind: 'timeout',
    what: late,
    why: 'what was there before did not run within four minutes, and the runner gives no more after a cancel',
    hint: 'look at the namespace; the next deploy, or rollback.yml, goes on from there',
  })
  try {
    await seeTo(holder, { ...context, signal: limited(context.clock, context.signal, POST_MS, tooLong) })
  } catch (error) {
    if (!(error instanceof ActionError) || error.facts.code !== 'E-LOCKED') throw error
  }
}
