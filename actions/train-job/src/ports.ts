import type { Context } from '@mlops/action-kit'
import { awsSession, jobLogs, type JobPorts, packer, type Pack, s3Objects, trainingJobs } from '@mlops/aws'
import { LOG_GROUPS, type Objects, type TrainingRequest } from '@mlops/core'
import type { Inputs } from './spec.ts'

export interface Ports {
  readonly region: string
  readonly job: JobPorts<TrainingRequest>
  readonly objects: Objects
  readonly pack: Pack
  readonly warnIfShortLived: (seconds: number) => void | Promise<void>
}

/** The adapters of a run. */
export const ports = ({ awsRegion, roleToAssume }: Inputs, context: Context): Ports => {
  const session = awsSession({
    ...(awsRegion === undefined ? {} : { region: awsRegion }),
    ...(roleToAssume === undefined ? {} : { roleToAssume }),
    context,
  })
  const objects = s3Objects(session, context)
  return {
    region: session.region,
    job: {
      jobs: trainingJobs(session, context),
      logsOf: (name) => jobLogs(session, LOG_GROUPS.training, name, context),
    },
    objects,
    pack: packer(objects, context),
    warnIfShortLived: (seconds) => session.warnIfShortLived(seconds),
  }
}
