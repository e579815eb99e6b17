import type { Context, Outcome } from '@mlops/action-kit'
import {
  ActionError,
  type EcrRepository,
  type Ignored,
  type ModelPackage,
  registryHost,
  type StoredManifest,
  withFacts,
} from '@mlops/core'
import { type Pushed, readImage } from '@mlops/image'
import { readIgnored } from './ignored.ts'
import { fetchModel, packageOf } from './model.ts'
import { type Plan, planOf, repositoryOf } from './plan.ts'
import type { Ports } from './ports.ts'
import { builtReport } from './report.ts'
import { judgeImage, NOT_SCANNED, scanOutputs, type ScanResult } from './scan.ts'
import type { Inputs, Spec } from './spec.ts'
import { closeWorkshop, openWorkshop } from './workshop.ts'

const uriOf = (repository: EcrRepository) => `${registryHost(repository)}/${repository.name}`

const otherContent = (repository: EcrRepository, tag: string, digest: string) =>
  new ActionError({
    code: 'E-TAG',
    kind: 'rejected',
    what: `the tag ${tag} of ${repository.name} belongs to another image`,
    why: `it names ${digest}, which is made of something else; a tag that moves would change what was deployed by it`,
    hint: 'find out who pushed it, and delete it when it is wrong',
  })

/** The image that has the tag, when it is made of the same. Throws E-TAG when it is not. */
const existing = async (
  { tag, isSame }: Plan,
  repository: EcrRepository,
  { images }: Ports,
): Promise<StoredManifest | undefined> => {
  const found = await images.manifest(repository, { tag })
  if (found === undefined) return undefined
  const isOurs = await readImage(images, repository, found).then(
    ({ config }) => isSame(config),
    (error: unknown) => {
      // A list of images, for one, is nothing that we have made.
      if (error instanceof ActionError && error.facts.code === 'E-IMAGE') return false
      throw error
    },
  )
  if (isOurs) return found
  throw otherContent(repository, tag, found.digest)
}

interface Job {
  readonly inputs: Inputs
  readonly ignored: readonly Ignored[]
  readonly repository: EcrRepository
  readonly found: ModelPackage | undefined
  readonly plan: Plan
}

const NOTHING: Pushed = { layers: 0, bytes: 0 }

const outputsOf = ({ repository, found }: Job, digest: string, { layers, bytes }: Pushed) => ({
  image: digest === '' ? '' : `${uriOf(repository)}@${digest}`,
  digest,
  tag: '',
  tags: '[]',
  reused: 'false',
  'model-package-arn': found?.arn ?? '',
  'layers-uploaded': String(layers),
  'bytes-uploaded': String(bytes),
})

const outcome = (
  status: 'pushed' | 'reused' | 'planned',
  job: Job,
  { digest, sent, scan }: { readonly digest: string; readonly sent: Pushed; readonly scan: ScanResult },
): Outcome<Spec> => {
  const { tag } = job.plan
  const known = outputsOf(job, digest, sent)
  return {
    status,
    verdict: 'ok',
    outputs: {
      ...known,
      ...scanOutputs(scan),
      reused: String(status === 'reused'),
      ...(status === 'planned' ? {} : { tag, tags: JSON.stringify([tag]) }),
    },
    report: builtReport(status, {
      image: known.image === '' ? 'known once it is built' : known.image,
      tag,
      model: job.found,
      ...sent,
      scanStatus: scan.status,
      ...(scan.judgement === undefined ? {} : { judgement: scan.judgement }),
    }),
  }
}

/** Judges a pushed image; an error of it tells which image it is about. */
const judge = async (job: Job, digest: string, sent: Pushed, { images }: Ports, context: Context) => {
  try {
    return await judgeImage(images, job.repository, digest, job, context)
  } catch (error) {
    if (!(error instanceof ActionError)) throw error
    throw withFacts(error, { outputs: { ...outputsOf(job, digest, sent), ...error.facts.outputs } })
  }
}

const execute = async (job: Job, ports: Ports, context: Context): Promise<Outcome<Spec>> => {
  const { inputs, repository, plan } = job
  const there = await existing(plan, repository, ports)
  if (inputs.dryRun)
    return outcome(there === undefined ? 'planned' : 'reused', job, {
      digest: there?.digest ?? plan.digest ?? '',
      sent: NOTHING,
      scan: NOT_SCANNED,
    })
  if (there !== undefined) {
    const scan = await judge(job, there.digest, NOTHING, ports, context)
    context.log.info(`${plan.tag}: the same image is there already`)
    return outcome('reused', job, { digest: there.digest, sent: NOTHING, scan })
  }
  const { manifest, ...sent } = await plan.push()
  context.log.info(`${manifest.digest}: pushed without a tag, ${sent.layers} layers, ${sent.bytes} bytes`)
  const scan = await judge(job, manifest.digest, sent, ports, context)
  context.signal.throwIfAborted()
  if ((await ports.images.put(repository, manifest, plan.tag)) === 'put')
    return outcome('pushed', job, { digest: manifest.digest, sent, scan })
  // Another run was faster: what it has tagged is the same, or it is refused.
  const theirs = await existing(plan, repository, ports)
  if (theirs === undefined) throw otherContent(repository, plan.tag, 'an image that is gone')
  return outcome('reused', job, {
    digest: theirs.digest,
    sent,
    scan: await judge(job, theirs.digest, sent, ports, context),
  })
}

/** Builds the image, pushes it, and tags it once it may be used. Throws the E-codes of the README's table. */
export const run = async (inputs: Inputs, ports: Ports, context: Context): Promise<Outcome<Spec>> => {
  const ignored = readIgnored(inputs, context)
  const repository = await repositoryOf(inputs, ports)
  const found = await packageOf(inputs, ports)
  const workshop = openWorkshop(context)
  try {
    const model = found === undefined ? undefined : await fetchModel(found, ports, workshop)
    const plan = await planOf({ inputs, repository, found, model, workshop }, ports, context)
    return await execute({ inputs, ignored, repository, found, plan }, ports, context)
  } finally {
    closeWorkshop(workshop)
  }
}
