export const ENVIRONMENTS = ['dev', 'staging', 'prod'] as const
export type EnvironmentName = (typeof ENVIRONMENTS)[number]

/** What the run was started by, reduced to what the plan depends on. */
export type Trigger =
  | { readonly kind: 'pull-request' }
  | {
      readonly kind: 'push'
      readonly ref: string
      /** Changed paths that training depends on; undefined when GitHub could not tell what changed. */
      readonly trainingPathsChanged: readonly string[] | undefined
    }
  | { readonly kind: 'schedule' }
  | {
      readonly kind: 'dispatch'
      readonly environment: EnvironmentName
      readonly retrainModel: boolean
      readonly deployOnly: boolean
    }
  | { readonly kind: 'data-changed'; readonly environment: EnvironmentName }

export interface Plan {
  readonly environment: EnvironmentName
  readonly train: boolean
  readonly deploy: boolean
  /** One sentence that says why it trains or doesn't. */
  readonly because: string
}

const ENVIRONMENT_OF_BRANCH: Readonly<Record<string, EnvironmentName>> = {
  'refs/heads/main': 'prod',
  'refs/heads/develop': 'staging',
}

const afterPush = ({ ref, trainingPathsChanged }: Extract<Trigger, { kind: 'push' }>): Plan => {
  const environment = ENVIRONMENT_OF_BRANCH[ref]
  if (environment === undefined)
    return { environment: 'dev', train: false, deploy: false, because: `${ref} belongs to no environment` }
  if (trainingPathsChanged === undefined)
    return { environment, train: true, deploy: true, because: 'GitHub cannot tell what this push changed' }
  const [first, ...rest] = trainingPathsChanged
  const because =
    first === undefined
      ? 'nothing that training depends on has changed'
      : `${first}${rest.length > 0 ? ` and ${rest.length} more` : ''} changed, on which training depends`
  return { environment, train: first !== undefined, deploy: true, because }
}

const asAsked = ({ environment, retrainModel, deployOnly }: Extract<Trigger, { kind: 'dispatch' }>): Plan => {
  const train = retrainModel && !deployOnly
  const because = deployOnly ? 'deploy-only was asked for' : `retrain-model is ${retrainModel}`
  return { environment, train, deploy: deployOnly || environment !== 'dev', because }
}

/**
 * Decides where a run belongs and what it does. The ref decides the environment of a push alone; a dispatch goes where
 * it was told to, whatever ref it was started on.
 */
export const planRun = (trigger: Trigger): Plan => {
  switch (trigger.kind) {
    case 'pull-request':
      return { environment: 'dev', train: false, deploy: false, because: 'a pull request is only tested' }
    case 'push':
      return afterPush(trigger)
    case 'schedule':
      return { environment: 'prod', train: true, deploy: true, because: 'the weekly retraining is due' }
    case 'dispatch':
      return asAsked(trigger)
    case 'data-changed':
      return {
        environment: trigger.environment,
        train: true,
        deploy: trigger.environment !== 'dev',
        because: 'the data has changed',
      }
  }
}

/** `build-<run number>-<first 7 of the commit>`. */
export const buildId = (runNumber: string, sha: string): string => `build-${runNumber}-${sha.slice(0, 7)}`
