import type { Context } from '@mlops/action-kit'
import { findPackage, sha256 } from '@mlops/aws'
import { digestOf, type PredictionFiles, readMember, readMetricFile, readPredictions } from '@mlops/data'
import {
  ActionError,
  type Arn,
  type ChampionState,
  type Digested,
  type Evidence,
  type Gate,
  type MetricFile,
  type MetricFileHint,
  type ModelPackage,
  parseSelectors,
  readPlan,
  type S3Uri,
} from '@mlops/core'
import type { Ports } from './ports.ts'
import type { Inputs } from './spec.ts'

/** What the candidate is judged on, and where each part of it came from. */
export interface Gathered {
  readonly evidence: Evidence
  readonly model?: Digested
  readonly trainingJob?: string
  readonly predictions?: Digested
  readonly candidateMetrics?: Digested
  readonly champion?: { readonly source: string; readonly packageArn?: string; readonly digest?: string }
  readonly baseline?: { readonly source: string; readonly etag?: string }
}

const notThere = (input: string, location: string) =>
  new ActionError({
    code: 'E-NO-DATA',
    kind: 'user',
    what: `nothing is at ${location}`,
    why: `input ${input} names it`,
    hint: 'look whether the step before has written it, and for a typing mistake',
  })

interface MetricsRead {
  readonly file: MetricFile
  readonly digest: string
  readonly etag: string
}

const isArchive = (location: string) => /\.(tar\.gz|tgz)$/.test(location)

const textOf = async (body: AsyncIterable<Uint8Array>) => {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** Metrics in a file, or in the member of an archive; undefined when there is nothing at the place. */
const metricsAt = async (
  location: string,
  hint: MetricFileHint,
  { places }: Ports,
): Promise<MetricsRead | undefined> => {
  const opened = await places.open(location)
  if (opened === undefined) return undefined
  const member = isArchive(location) ? await readMember(opened.body, hint.member) : undefined
  const text = member === undefined ? await textOf(opened.body) : Buffer.from(member.bytes).toString('utf8')
  const source = member === undefined ? location : `${location}, ${member.name}`
  return { file: readMetricFile(text, source, hint), digest: `sha256:${sha256(text)}`, etag: opened.etag }
}

const metricsOf = async (input: string, location: string, hint: MetricFileHint, ports: Ports): Promise<MetricsRead> => {
  const found = await metricsAt(location, hint, ports)
  if (found === undefined) throw notThere(input, location)
  return found
}

interface Candidate {
  readonly metrics?: MetricFile
  readonly digested?: Digested
  readonly trainingJob?: string
  readonly artifact?: S3Uri
}

const JOB = 'job:'

const candidateOfJob = async (name: string, { training }: Ports, signal: AbortSignal): Promise<Candidate> => {
  const job = await training.describe(name, signal)
  if (job === undefined)
    throw new ActionError({
      code: 'E-NO-JOB',
      kind: 'user',
      what: `there is no training job ${name}`,
      why: 'input candidate names it',
      hint: 'check the name, the account and the region',
    })
  const metrics = Object.fromEntries(job.metrics.map((metric) => [metric.name, { value: metric.value }]))
  return {
    trainingJob: name,
    ...(job.artifactUri === undefined ? {} : { artifact: job.artifactUri }),
    ...(job.metrics.length === 0
      ? {}
      : { metrics: { source: `${JOB}${name}`, format: 'sagemaker-final-metrics', metrics, perClass: {} } }),
  }
}

const candidateOf = async (inputs: Inputs, gate: Gate, ports: Ports, signal: AbortSignal): Promise<Candidate> => {
  const { candidate } = inputs
  if (candidate === undefined) return {}
  if (candidate.startsWith(JOB)) return candidateOfJob(candidate.slice(JOB.length), ports, signal)
  const { file, digest } = await metricsOf('candidate', candidate, gate.candidate, ports)
  return { metrics: file, digested: { source: file.source, digest } }
}

interface Champion {
  readonly state: ChampionState
  readonly metrics?: MetricFile
  readonly found?: NonNullable<Gathered['champion']>
}

const NO_CHAMPION: Champion = { state: { kind: 'none' } }

const packageOf = async (champion: string, inputs: Inputs, { registry }: Ports): Promise<ModelPackage | undefined> => {
  if (champion.startsWith('arn:')) {
    const found = await registry.describe(champion as Arn)
    if (found === undefined) throw notThere('champion', champion)
    return found
  }
  const [group = '', selectors = ''] = champion.slice('registry:'.length).split('@')
  return (await findPackage(registry, group, parseSelectors(selectors) ?? [], inputs.environment))?.package
}

const championOfRegistry = async (champion: string, inputs: Inputs, gate: Gate, ports: Ports): Promise<Champion> => {
  const found = await packageOf(champion, inputs, ports)
  if (found === undefined) return NO_CHAMPION
  const metrics =
    found.evaluationUri === undefined ? undefined : await metricsAt(found.evaluationUri, gate.champion, ports)
  return {
    state: { kind: 'present' },
    found: {
      source: `${found.group} version ${found.version}`,
      packageArn: found.arn,
      ...(found.artifactDigest === undefined ? {} : { digest: found.artifactDigest }),
    },
    ...(metrics === undefined ? {} : { metrics: metrics.file }),
  }
}

const championOf = async (inputs: Inputs, gate: Gate, ports: Ports): Promise<Champion> => {
  const { champion } = inputs
  if (champion === undefined) return NO_CHAMPION
  if (/^(registry|arn):/.test(champion)) return championOfRegistry(champion, inputs, gate, ports)
  const { file } = await metricsOf('champion', champion, gate.champion, ports)
  return { state: { kind: 'present' }, metrics: file, found: { source: champion } }
}

/** A champion that could not be scored is known, but cannot be compared with; predictions of one are one. */
const stateOf = ({ state }: Champion, { scoring, championPredictions }: Inputs): ChampionState => {
  const said = scoring?.champion
  if (said?.status === 'failed') return { kind: 'failed', reason: said.reason ?? 'the scoring job gave no reason' }
  return said?.status === 'scored' || championPredictions !== undefined ? { kind: 'present' } : state
}

/** What of a folder is data: golden answers and metadata lie beside the predictions. */
const DATA = /\.(csv|parquet|jsonl|ndjson)(\.gz)?$/
const isGolden = (location: string) => /(^|\/)golden\.jsonl$/.test(location)

const predictionFile = async (input: string, location: string, { places }: Ports) => {
  const all = await places.list(location)
  const found = location.endsWith('/') ? all.filter((name) => DATA.test(name) && !isGolden(name)) : all
  const [first, ...rest] = found
  if (first === undefined) throw notThere(input, location)
  if (rest.length > 0)
    throw new ActionError({
      code: 'E-INPUT',
      kind: 'user',
      what: `${location} holds ${found.length} files of predictions`,
      why: 'one file has all rows of a model',
      hint: `name one of ${found.slice(0, 5).join(', ')}`,
    })
  const file = await places.fetch(first)
  if (file === undefined) throw notThere(input, first)
  return { source: first, ...file }
}

const predictionsOf = async (inputs: Inputs, ports: Ports) => {
  if (inputs.predictions === undefined) return undefined
  const candidate = await predictionFile('predictions', inputs.predictions, ports)
  const champion =
    inputs.championPredictions === undefined
      ? undefined
      : await predictionFile('champion-predictions', inputs.championPredictions, ports)
  const files: PredictionFiles = { candidate, ...(champion === undefined ? {} : { champion }) }
  return { files, digested: { source: candidate.source, digest: candidate.digest } }
}

const digestedModel = async (uri: S3Uri | undefined, { places }: Ports): Promise<Digested | undefined> => {
  if (uri === undefined) return undefined
  const opened = await places.open(uri)
  if (opened === undefined) throw notThere('model-artifact-uri', uri)
  return { source: uri, digest: await digestOf(opened.body) }
}

const present = <T extends object>(fields: T): { readonly [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never

/** Reads everything that the gate needs. A baseline in S3 that is not there yet is none. */
export const gather = async (
  inputs: Inputs,
  gate: Gate,
  ports: Ports,
  { signal }: Pick<Context, 'signal'>,
): Promise<Gathered> => {
  const candidate = await candidateOf(inputs, gate, ports, signal)
  const [champion, model, files] = await Promise.all([
    championOf(inputs, gate, ports),
    digestedModel(inputs.modelArtifactUri ?? candidate.artifact, ports),
    predictionsOf(inputs, ports),
  ])
  const { baseline } = inputs
  const base = baseline === undefined ? undefined : await metricsAt(baseline, {}, ports)
  if (baseline !== undefined && base === undefined && !baseline.startsWith('s3://'))
    throw notThere('baseline', baseline)
  const scored = files && (await readPredictions(files.files, gate.data, readPlan(gate), present({ task: gate.task })))
  return present({
    evidence: present({
      candidate: candidate.metrics,
      champion: champion.metrics,
      championState: stateOf(champion, inputs),
      baseline: base?.file,
      scored,
      candidateDigest: model?.digest,
      championDigest: champion.found?.digest,
    }),
    model,
    trainingJob: candidate.trainingJob,
    predictions: files?.digested,
    candidateMetrics: candidate.digested,
    champion: champion.found,
    baseline: baseline === undefined ? undefined : present({ source: baseline, etag: base?.etag }),
  })
}
