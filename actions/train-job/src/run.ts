import type { Context, Outcome } from '@mlops/action-kit'
import {
  assertGoodEnd,
  attachJob,
  awaitObject,
  jobRun,
  listInputs,
  type PackedSource,
  recordRun,
  runJob,
  sha256,
} from '@mlops/aws'
import {
  ActionError,
  imageOf,
  type JobEnd,
  type JobFacts,
  jobOutputs,
  jobReport,
  jobTags,
  pricesOf,
  type RunKey,
  runKey,
  type S3Uri,
  startedBy,
  trainingIdentity,
  trainingOutputs,
  type TrainingPlan,
  trainingRequest,
  type TrainingRequest,
} from '@mlops/core'
import { channelsOf, recordUri, sourcePrefix, submitted, trainingPlan } from './plan.ts'
import type { Ports } from './ports.ts'
import type { Inputs, Spec } from './spec.ts'

const packed = async ({ sourceDir, entryPoint }: Inputs, { pack }: Ports): Promise<PackedSource | undefined> =>
  sourceDir === undefined || entryPoint === undefined ? undefined : pack({ folder: sourceDir, entryPoint })

const artifactMissing = (end: JobEnd, outputs: Readonly<Record<string, string>>) =>
  new ActionError({
    code: 'E-ARTIFACT',
    kind: 'remote',
    what: `training job ${end.name} completed, but its model is not there`,
    why: `${outputs['model-artifact-uri'] === '' ? 'SageMaker names no artifact' : outputs['model-artifact-uri']} was not found`,
    hint:
      end.source === 'reused' ? 'it may have been deleted since: train anew with reuse: never' : "see the job's log",
    outputs: { ...outputs, status: 'failed', 'failure-class': 'remote' },
  })

const conclude = async (
  end: JobEnd,
  facts: JobFacts,
  key: RunKey | undefined,
  inputs: Inputs,
  ports: Ports,
  context: Context,
): Promise<Outcome<Spec>> => {
  const outputs = { ...jobOutputs(end, facts), ...trainingOutputs(end), 'run-key': key?.digest ?? '' }
  const good = assertGoodEnd(end, facts, outputs, inputs, context.log)
  const artifact = good.kind === 'completed' ? (good.state.artifactUri ?? '') : undefined
  if (
    artifact === '' ||
    (artifact !== undefined && (await awaitObject(ports.objects, artifact, context)) === undefined)
  )
    throw artifactMissing(end, outputs)
  const report = jobReport(good, facts)
  context.log.info(report.headline)
  return { status: good.kind === 'completed' ? 'completed' : 'in-progress', verdict: 'ok', outputs, report }
}

interface Work {
  readonly plan: TrainingPlan
  readonly key: RunKey
  readonly source: PackedSource | undefined
}

/** Looks at code and data and says what the work is; nothing is changed yet. */
const workOf = async (inputs: Inputs, ports: Ports): Promise<Work> => {
  const plan = trainingPlan(inputs, imageOf(inputs, ports.region))
  const source = await packed(inputs, ports)
  const data = await listInputs(ports.objects, channelsOf(inputs))
  const key = runKey(
    { request: trainingIdentity(plan, inputs.instanceTypes), inputs: data, ...(source && { code: source.digest }) },
    sha256,
  )
  return { plan, key, source }
}

const planned = (name: string, { key }: Work): Outcome<Spec> => ({
  status: 'planned',
  verdict: 'ok',
  outputs: { 'job-name': name, 'run-key': key.digest, attached: 'false', reused: 'false' },
  report: {
    headline: `Training job ${name} would be looked for, and created if it is not there.`,
    blocks: [{ kind: 'facts', facts: Object.entries(key.parts) }],
  },
})

const factsOf = (inputs: Inputs, { region }: Ports, sources: readonly string[], because: string): JobFacts => ({
  kind: 'training',
  region,
  prices: pricesOf(inputs),
  sources,
  sourceDir: inputs.sourceDir ?? '.',
  because,
})

const train = async (work: Work, inputs: Inputs, ports: Ports, context: Context): Promise<Outcome<Spec>> => {
  const { plan, key, source } = work
  const { identity, log } = context
  const tags = jobTags(inputs, identity, key.digest)
  let because = 'an earlier job has the same request, code and data'
  let archive: S3Uri | undefined
  const run = jobRun<TrainingRequest>({
    kind: 'training',
    region: ports.region,
    inputs,
    onSpotTimeout: inputs.onSpotTimeout,
    key: key.digest,
    context,
    beforeFirst: async (name) => {
      archive = await source?.upload(sourcePrefix(inputs))
      because = await recordRun(ports.objects, recordUri(inputs), name, key, log)
      log.info(`${name}: ${because}`)
    },
    request: ({ name, instanceType, onDemand }) =>
      trainingRequest(
        submitted({
          plan,
          key: key.digest,
          region: ports.region,
          jobName: name,
          onDemand,
          ...(archive === undefined ? {} : { script: { program: inputs.entryPoint ?? '', archive } }),
        }),
        { name, instanceType, tags, startedBy: startedBy(identity) },
      ),
  })
  if (inputs.dryRun) return planned(run.nameOf(1), work)
  const end = await runJob(run, ports.job, context)
  return conclude(end, factsOf(inputs, ports, source?.files ?? [], because), key, inputs, ports, context)
}

/**
 * Trains: finds the job of the same work or creates one, waits for it and gives its model and metrics.
 * Throws the E-codes of the README's table; all outputs that are known stand in the error too.
 */
export const run = async (inputs: Inputs, ports: Ports, context: Context): Promise<Outcome<Spec>> => {
  if (inputs.wait) await ports.warnIfShortLived(inputs.maxWait ?? inputs.maxRuntime)
  if (inputs.attach === undefined) return train(await workOf(inputs, ports), inputs, ports, context)
  const end = await attachJob('training', inputs.attach, ports.region, inputs, ports.job, context)
  return conclude(end, factsOf(inputs, ports, [], 'attach was asked for'), undefined, inputs, ports, context)
}
