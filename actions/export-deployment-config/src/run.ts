import type { Context, Outcome } from '@mlops/action-kit'
import { readDigested } from '@mlops/aws'
import {
  ActionError,
  assertUsable,
  deploymentConfig,
  METADATA,
  type ModelPackage,
  type PackageReference,
  type S3Uri,
} from '@mlops/core'
import { type Choice, choose } from './choose.ts'
import type { Ports } from './ports.ts'
import { publish } from './publish.ts'
import { exportedReport, foundReport, noneReport } from './report.ts'
import { readEntries, readLatest, shelfOf } from './shelf.ts'
import type { Inputs, Spec } from './spec.ts'

const FEATURES_LIMIT = 16 * 1024 * 1024

const replaced = ({ arn }: ModelPackage, what: string, why: string) =>
  new ActionError({
    code: 'E-DIGEST',
    kind: 'rejected',
    what: `${what} of ${arn} is not the one that was registered`,
    why,
    hint: 'find out who replaced it, or export another package',
  })

/** The registry holds a place and no bytes: what lies there must still be what was approved. */
const assertModel = async (found: ModelPackage, { objects }: Ports) => {
  const { modelDataUrl: uri, metadata } = found
  const now = await objects.head(uri)
  if (now === undefined)
    throw new ActionError({
      code: 'E-NO-DATA',
      kind: 'user',
      what: `the model of ${found.arn} is not there`,
      why: `nothing lies at ${uri}`,
      hint: 'restore it, or export another package',
    })
  const etag = metadata[METADATA.artifactEtag] ?? now.etag
  if (etag !== now.etag) throw replaced(found, 'the model', `${uri} had the ETag ${etag} and has ${now.etag}`)
}

const featuresOf = async (found: ModelPackage, { places }: Ports): Promise<Readonly<Record<string, unknown>>> => {
  const { [METADATA.features]: uri, [METADATA.featuresDigest]: digest } = found.metadata
  if (uri === undefined) return {}
  const file = await readDigested(places, uri, 'the document of the features', FEATURES_LIMIT)
  if (file.digest !== digest)
    throw replaced(
      found,
      'the document of the features',
      `${uri} has the digest ${file.digest}, not ${digest ?? 'any'}`,
    )
  return JSON.parse(new TextDecoder().decode(file.bytes)) as Readonly<Record<string, unknown>>
}

const packageOutputs = ({ package: found, because }: Choice) => ({
  'package-arn': found.arn,
  'package-version': String(found.version),
  'selected-by': because,
  image: found.image,
  'model-data-url': found.modelDataUrl,
  'artifact-digest': found.artifactDigest ?? '',
  'evaluation-uri': found.evaluationUri ?? '',
  'golden-uri': found.goldenUri ?? '',
})

const EMPTY = {
  'config-uri': '',
  'latest-uri': '',
  'package-arn': '',
  'package-version': '',
  'selected-by': '',
  image: '',
  'model-data-url': '',
  'artifact-digest': '',
  'evaluation-uri': '',
  'golden-uri': '',
  changed: 'false',
  'previous-version': '',
} as const

const versionText = (reference: PackageReference | undefined) =>
  reference === undefined ? '' : String(reference.version)

/** Looks a package up and changes nothing. */
const lookUp = async (inputs: Inputs, ports: Ports): Promise<Outcome<Spec>> => {
  const shelf = inputs.s3Prefix === undefined ? undefined : shelfOf(inputs.s3Prefix, inputs)
  const entries = shelf === undefined ? [] : (await readEntries(ports.objects, shelf)).value
  const choice = await choose(inputs, entries, ports)
  if (choice === undefined) return none(inputs)
  assertUsable(choice.package)
  await assertModel(choice.package, ports)
  return {
    status: 'found',
    verdict: 'ok',
    outputs: { ...EMPTY, ...packageOutputs(choice) },
    report: foundReport(choice, inputs.environment),
  }
}

const none = ({ environment }: Inputs): Outcome<Spec> => ({
  status: 'none',
  verdict: 'ok',
  outputs: EMPTY,
  report: noneReport(environment),
})

const STATUS = { written: 'exported', unchanged: 'unchanged', overtaken: 'overtaken' } as const

/**
 * Exports the package that is meant, or looks it up with dry-run. latest.json is read before the package is chosen, so that
 * whoever writes between the two is noticed. Throws the E-codes of the README's table.
 */
export const run = async (inputs: Inputs, ports: Ports, context: Context): Promise<Outcome<Spec>> => {
  if (inputs.dryRun) return lookUp(inputs, ports)
  // The spec's rules have refused an export without a place.
  const shelf = shelfOf(inputs.s3Prefix ?? ('' as S3Uri), inputs)
  const latest = await readLatest(ports.objects, shelf)
  const choice = await choose(inputs, (await readEntries(ports.objects, shelf)).value, ports)
  if (choice === undefined) return none(inputs)
  const { package: found } = choice
  assertUsable(found)
  await assertModel(found, ports)
  const document = deploymentConfig(found, inputs.environment, await featuresOf(found, ports))
  const published = await publish(choice, document, latest, shelf, ports, context)
  const report = exportedReport(choice, inputs.environment, published)
  context.log[published.kind === 'overtaken' ? 'warning' : 'info'](report.headline)
  const isRollback = choice.kind === 'rollback' && published.kind === 'written'
  return {
    status: isRollback ? 'rolled-back' : STATUS[published.kind],
    verdict: 'ok',
    outputs: {
      ...packageOutputs(choice),
      'config-uri': published.config ?? '',
      'latest-uri': shelf.latest,
      changed: String(published.kind === 'written'),
      'previous-version': versionText(published.before),
    },
    report,
  }
}
