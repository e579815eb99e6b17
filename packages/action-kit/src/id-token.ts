import * as core from '@actions/core'
import { ActionError, type Environment, type IdToken } from '@mlops/core'

/** Asks the runner for a new OIDC token each time. Throws E-ASSUME-ROLE when the job may not have one. */
export const runnerIdToken =
  (environment: Environment): IdToken =>
  async (audience) => {
    if ((environment['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '') === '')
      throw new ActionError({
        code: 'E-ASSUME-ROLE',
        kind: 'user',
        what: 'this job cannot get an OIDC token',
        why: 'its permissions lack id-token: write, or the run comes from a fork',
        hint: 'add `permissions: { id-token: write }` to the job, or leave role-to-assume out',
      })
    return core.getIDToken(audience)
  }
