import type { Clock, Environment, Files, IdToken, Log, Random, RunIdentity, State } from '@mlops/core'

/** Everything a run may touch besides its inputs and ports. */
export interface Context {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly state: State
  readonly files: Files
  readonly environment: Environment
  readonly identity: RunIdentity
  readonly idToken: IdToken
  /** The folder that relative paths of the user start from. */
  readonly workspace: string
  /** Aborts with an ActionError of kind `cancelled` when the runner asks the step to stop. */
  readonly signal: AbortSignal
}
