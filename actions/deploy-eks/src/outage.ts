import type { Context } from '@mlops/action-kit'

const KEY = 'outage'

/** Said when the API server could not be reached, so that `post` knows: the record can't be told of it then. */
export const noteOutage = ({ state }: Pick<Context, 'state'>): void => state.save(KEY, 'true')

/** Whether the main step has ended because the API server could not be reached. */
export const wasOutage = ({ state }: Pick<Context, 'state'>): boolean => state.load(KEY) === 'true'
