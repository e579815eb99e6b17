import type { Context, Outcome } from '@mlops/action-kit'
import { assertGoodEnd, attachJob, jobRun, listInputs, type PackedSource, runJob, sha256 } from '@mlops/aws'
import {
  ActionError,
  differences,
  imageOf,
  type JobEnd,
  type JobFacts,
  jobOutputs,
  jobReport,
  jobTags,
  parseManifest,
  pricesOf,
  processingIdentity,
  type ProcessingPlan,
  processingRequest,
  type ProcessingRequest,
  type Report,
  type RunKey,
  runKey,
  type S3Uri,
  startedBy,
} from '@mlops/core'
import { BOOT_SCRIPT } from './boot-script.ts'
import { type DataSet, publish, readDataSet } from './data-set.ts'
import {
  bootUri,
  dataInputs,
  dataOutputs,
  manifestUri,
  outputUri,
  processingPlan,
  sourcePrefix,
  submitted,
} from './plan.ts'
import type { Ports } from './ports.ts'
import type { Inputs, Spec } from './spec.ts'

interface Work {
  readonly plan: ProcessingPlan
  readonly key: RunKey
  readonly source: PackedSource
}

/** Looks at code and data and says what the work is; nothing is changed yet. */
const workOf = async (inputs: Inputs, ports: Ports): Promise<Work> => {
  const plan = processingPlan(inputs, imageOf(inputs, ports.region))
  const source = await ports.pack({ folder: inputs.sourceDir, entryPoint: inputs.code })
  const data = await listInputs(ports.objects, dataInputs(inputs))
  const request = processingIdentity(plan, inputs.instanceTypes)
  return { plan, source, key: runKey({ request, code: source.digest, inputs: data }, sha256) }
}

const upload = async (source: PackedSource, inputs: Inputs, { objects }: Ports): Promise<S3Uri> => {
  const archive = await source.upload(sourcePrefix(inputs))
  await objects.write(bootUri(archive), BOOT_SCRIPT, { ifAbsent: true })
  return archive
}

/** Says what changed since the data set that counts now. */
const explain = async (inputs: Inputs, key: RunKey, { objects }: Ports): Promise<string> => {
  const found = await objects.read(manifestUri(inputs))
  const before = found === undefined ? undefined : parseManifest(found.text)
  if (before === undefined) return 'no data set is published yet'
  const changed = differences(before.parts, key.parts)
  return changed.length === 0 ? `the same content as ${before.job}, whose data is not reused` : changed.join(', ')
}

const urisOf = (inputs: Inputs, jobName: string) =>
  Object.fromEntries(dataOutputs(inputs).map(({ name }) => [name, outputUri(inputs, jobName, name)]))

const reportOf = (report: Report, { objectCount, bytes, rows, fingerprint }: DataSet, published: boolean): Report => ({
  ...report,
  blocks: [
    ...report.blocks,
    {
      kind: 'facts',
      facts: [
        ['objects', String(objectCount)],
        ['bytes', String(bytes)],
        ...(rows === '' ? [] : [['rows', rows] as const]),
        ['fingerprint', fingerprint],
        ['counts from now on', published ? 'yes' : 'no, a later run has published already'],
      ],
    },
  ],
})

const withOutputs = async <T>(outputs: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ActionError)) throw error
    throw new ActionError({ ...error.facts, outputs: { ...outputs, ...error.facts.outputs } })
  }
}

const conclude = async (
  end: JobEnd,
  { key, source }: Work,
  because: string,
  inputs: Inputs,
  ports: Ports,
  { identity, log }: Context,
): Promise<Outcome<Spec>> => {
  const facts: JobFacts = {
    kind: 'processing',
    region: ports.region,
    prices: pricesOf(inputs),
    sources: source.files,
    sourceDir: inputs.sourceDir,
    because,
  }
  const common = {
    ...jobOutputs(end, facts),
    'run-key': key.digest,
    'output-uris': JSON.stringify(urisOf(inputs, end.name)),
    'manifest-uri': manifestUri(inputs),
    published: 'false',
  }
  const good = assertGoodEnd(end, facts, common, inputs, log)
  const report = jobReport(good, facts)
  log.info(report.headline)
  if (good.kind === 'left') return { status: 'in-progress', verdict: 'ok', outputs: common, report }
  return withOutputs(common, async () => {
    const dataSet = await readDataSet(inputs, end.name, ports.objects, log)
    const published = await publish(inputs, end.name, key, dataSet, { identity, objects: ports.objects, log })
    const outputs = {
      ...common,
      rows: dataSet.rows,
      metadata: dataSet.metadata,
      'data-fingerprint': dataSet.fingerprint,
      published: String(published),
    }
    return { status: 'completed', verdict: 'ok', outputs, report: reportOf(report, dataSet, published) }
  })
}

const planned = (name: string, { key }: Work): Outcome<Spec> => ({
  status: 'planned',
  verdict: 'ok',
  outputs: { 'job-name': name, 'run-key': key.digest, attached: 'false', reused: 'false', published: 'false' },
  report: {
    headline: `Processing job ${name} would be looked for, and created if it is not there.`,
    blocks: [{ kind: 'facts', facts: Object.entries(key.parts) }],
  },
})

const attach = async (name: string, work: Work, inputs: Inputs, ports: Ports, context: Context) => {
  if (!name.includes(`-${work.key.digest.slice(0, 10)}`))
    throw new ActionError({
      code: 'E-NO-JOB',
      kind: 'user',
      what: `${name} is not a job for this code and data`,
      why: `its name lacks the run key ${work.key.digest.slice(0, 10)}, so its data is that of other inputs`,
      hint: 'attach with the inputs that the job was started with, or leave attach out',
    })
  return attachJob('processing', name, ports.region, inputs, ports.job, context)
}

const processData = async (work: Work, inputs: Inputs, ports: Ports, context: Context): Promise<Outcome<Spec>> => {
  const { plan, key, source } = work
  const { identity, log } = context
  const tags = jobTags(inputs, identity, key.digest)
  let because = 'an earlier job has the same request, code and data'
  let archive = '' as S3Uri
  const run = jobRun<ProcessingRequest>({
    kind: 'processing',
    region: ports.region,
    inputs,
    onSpotTimeout: 'fail',
    key: key.digest,
    context,
    beforeFirst: async (name) => {
      archive = await upload(source, inputs, ports)
      because = await explain(inputs, key, ports)
      log.info(`${name}: ${because}`)
    },
    request: ({ name, instanceType }) =>
      processingRequest(submitted(inputs, plan, name, archive), {
        name,
        instanceType,
        tags,
        startedBy: startedBy(identity),
      }),
  })
  if (inputs.dryRun) return planned(run.nameOf(1), work)
  const end = await runJob(run, ports.job, context)
  return conclude(end, work, because, inputs, ports, context)
}

/**
 * Processes data: finds the job of the same work or creates one, waits for it, and publishes what it wrote.
 * Throws the E-codes of the README's table; all outputs that are known stand in the error too.
 */
export const run = async (inputs: Inputs, ports: Ports, context: Context): Promise<Outcome<Spec>> => {
  if (inputs.wait) await ports.warnIfShortLived(inputs.maxRuntime)
  const work = await workOf(inputs, ports)
  if (inputs.attach === undefined) return processData(work, inputs, ports, context)
  const end = await attach(inputs.attach, work, inputs, ports, context)
  return conclude(end, work, 'attach was asked for', inputs, ports, context)
}
