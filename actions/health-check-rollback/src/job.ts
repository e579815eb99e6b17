import { type Context, outlasting } from '@mlops/action-kit'
import {
  ActionError,
  type Checks,
  type Cluster,
  type Environment,
  type ReleaseFacts,
  type ReleaseRecord,
  runUrl,
  type Subject,
} from '@mlops/core'
import { type ImageLookup, imageLookup } from '@mlops/image'
import { clusterSubjects, refuseNewer, releaseRecords, type ReleaseRecords, urlSubject } from '@mlops/kubernetes'
import { checksOf } from './checks.ts'
import type { Aws, Ports } from './ports.ts'
import type { Inputs } from './spec.ts'

/** A release that is to be judged or undone, and what it takes. */
export interface Job {
  readonly inputs: Inputs
  readonly context: Context
  readonly cluster: Cluster
  readonly records: ReleaseRecords
  readonly images: ImageLookup
  readonly aws: Aws | undefined
  /** Absent with `mode: rollback` and no checks file. */
  readonly checks: Checks | undefined
  /** The newest release. */
  readonly record: ReleaseRecord
  /** Where it runs, by the input or the record. */
  readonly environment: string | undefined
  readonly facts: Pick<ReleaseFacts, 'commit' | 'repository' | 'actor' | 'runUrl' | 'environment'>
}

const noRelease = ({ release, namespace }: Inputs, why: string, hint: string) =>
  new ActionError({
    code: 'E-RELEASE',
    kind: 'user',
    what: `there is no release ${release} in ${namespace}`,
    why,
    hint,
  })

/** The newest record, which says what is in the cluster. Throws E-RELEASE, E-VERSION, E-SUPERSEDED. */
export const newestRecord = async (inputs: Inputs, records: ReleaseRecords): Promise<ReleaseRecord> => {
  const stored = await records.list()
  refuseNewer(stored, inputs.release)
  const [newest] = stored.records
  if (newest === undefined || newest.revision === 0)
    throw noRelease(inputs, 'no record of it is kept there', 'check namespace and release, and that deploy-eks has run')
  return newest
}

/** The error for a release that is not the newest any more. */
export const supersededError = (revision: number, { release, revision: newer, commit, runUrl: run }: ReleaseRecord) =>
  new ActionError({
    code: 'E-SUPERSEDED',
    kind: 'rejected',
    what: `revision ${revision} of ${release} is superseded, and nothing was written`,
    why: `revision ${newer} (${commit.slice(0, 7)}, ${run}) is newer: what is in the cluster is not what was to be judged`,
    hint: 'see the run of the newer release, which judges it',
    outputs: { status: 'superseded', 'failure-class': 'superseded', revision: String(revision) },
  })

const withBake = (checks: Checks, { bake }: Inputs): Checks =>
  bake === undefined ? checks : { ...checks, bakeMs: bake * 1000 }

const factsOf = ({ environment }: Inputs, { identity }: Context): Job['facts'] => ({
  commit: identity.sha,
  repository: identity.repository,
  actor: identity.actor,
  runUrl: runUrl(identity),
  ...(environment === undefined ? {} : { environment }),
})

/** Reads the checks before anything is asked of anybody, logs in and finds the release. */
export const openJob = async (inputs: Inputs, ports: Ports, context: Context): Promise<Job> => {
  const checks = inputs.checks === undefined ? undefined : withBake(checksOf(inputs.checks, context), inputs)
  const cluster = await ports.connect({ ...context, signal: outlasting(context.clock, context.signal) })
  const records = releaseRecords(cluster, inputs)
  const record = await newestRecord(inputs, records)
  if (inputs.revision !== undefined && inputs.revision !== record.revision)
    throw supersededError(inputs.revision, record)
  const { aws } = ports
  return {
    inputs,
    context,
    cluster,
    records,
    images: imageLookup((region) => aws?.imagesIn(region), context.log),
    aws,
    checks,
    record,
    environment: inputs.environment ?? record.environment,
    facts: factsOf(inputs, context),
  }
}

/** How what the checks are about is found; each time anew, for pods come and go. */
export const subjectsOf = (
  { cluster, context }: Pick<Job, 'cluster' | 'context'>,
  { target }: Checks,
  record: ReleaseRecord,
): (() => Promise<readonly Subject[]>) => {
  if (target.kind !== 'url') return () => clusterSubjects(cluster, target, record)
  const environment: Environment = context.environment
  const subject = urlSubject(target.url, environment, context.clock)
  return () => Promise.resolve([subject])
}
