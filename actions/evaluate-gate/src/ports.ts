import { type Context, commentOnPullRequest, gitHub } from '@mlops/action-kit'
import { awsSession, type Locations, locations, modelRegistry, s3Objects, trainingJobs } from '@mlops/aws'
import type { Jobs, ModelRegistry, Objects, Report, TrainingRequest } from '@mlops/core'
import type { Inputs } from './spec.ts'

export interface Ports {
  readonly objects: Objects
  readonly places: Locations
  readonly registry: ModelRegistry
  readonly training: Pick<Jobs<TrainingRequest>, 'describe'>
  /** Keeps one comment of that name on the pull request of the run; does nothing when there is none. */
  readonly comment: (name: string, report: Report) => Promise<void>
}

/** The adapters of a run. */
export const ports = ({ awsRegion, roleToAssume, githubToken }: Inputs, context: Context): Ports => {
  const session = awsSession({
    ...(awsRegion === undefined ? {} : { region: awsRegion }),
    ...(roleToAssume === undefined ? {} : { roleToAssume }),
    context,
  })
  const objects = s3Objects(session, context)
  return {
    objects,
    places: locations(objects, context),
    registry: modelRegistry(session, context),
    training: trainingJobs(session, context),
    comment: (name, report) => commentOnPullRequest(gitHub(githubToken, context.identity), name, report, context),
  }
}
