import { ActionError } from '@mlops/core'

export const archiveError = (what: string, why: string, hint: string, cause?: unknown): ActionError =>
  new ActionError({ code: 'E-ARCHIVE', kind: 'user', what, why, hint, cause })
