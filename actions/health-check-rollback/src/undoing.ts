import type { Context } from '@mlops/action-kit'
import type { ReleaseRecord } from '@mlops/core'

const KEY = 'undoing'

/** Said before a release is called unhealthy that is to be undone, so that `post` finishes it though this step is killed. */
export const noteUndoing = ({ state }: Pick<Context, 'state'>, { revision }: Pick<ReleaseRecord, 'revision'>): void =>
  state.save(KEY, String(revision))

/** Whether the main step was about to undo a release. */
export const wasUndoing = ({ state }: Pick<Context, 'state'>, { revision }: Pick<ReleaseRecord, 'revision'>): boolean =>
  state.load(KEY) === String(revision)
