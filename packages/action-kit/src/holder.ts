import type { Context } from './context.ts'

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
export const leftHolder = ({ state }: Pick<Context, 'state'>): string | undefined => state.load(KEY)
