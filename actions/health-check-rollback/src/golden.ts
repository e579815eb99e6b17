import { readDigested } from '@mlops/aws'
import {
  ActionError,
  type Arn,
  type GoldenAnswer,
  imagesOf,
  METADATA,
  type ModelPackage,
  readGolden,
  type ReleaseRecord,
} from '@mlops/core'
import type { ImageLookup } from '@mlops/image'
import type { Aws } from './ports.ts'

/** Whose model a release serves, as far as anybody knows. */
export interface Model {
  readonly found: ModelPackage | undefined
  readonly arn: Arn | undefined
  /** What it was asked when it was judged, and what it said; or why nobody knows. */
  readonly golden: readonly GoldenAnswer[] | string
}

/** Twenty answers are some kilobytes. */
const LARGEST_FILE = 8 * 1024 * 1024

const replaced = ({ arn, goldenUri }: ModelPackage, found: string, registered: string) =>
  new ActionError({
    code: 'E-DIGEST',
    kind: 'rejected',
    what: `the golden answers of ${arn} are not those that it was registered with`,
    why: `${goldenUri ?? 'the file'} has the digest ${found}, the package says ${registered}`,
    hint: 'find out who replaced them; register the model again with the answers that the gate has written',
  })

const answersOf = async (found: ModelPackage, { places }: Aws): Promise<Model['golden']> => {
  const { goldenUri, metadata, arn } = found
  const registered = metadata[METADATA.goldenDigest]
  if (goldenUri === undefined || registered === undefined) return `no golden answers are stored with ${arn}`
  const { bytes, digest } = await readDigested(places, goldenUri, 'the file of golden answers', LARGEST_FILE)
  if (digest !== registered) throw replaced(found, digest, registered)
  const answers = readGolden(new TextDecoder().decode(bytes))
  return typeof answers === 'string' ? `${goldenUri} holds no golden answers: ${answers}` : answers
}

/** The images that a release brings: those that were put into its manifests, else all that stand there. */
export const ownImages = ({ images, objects }: ReleaseRecord): readonly string[] => {
  const brought = Object.values(images)
  return brought.length > 0 ? brought : imagesOf(objects.flatMap(({ applied }) => applied ?? []))
}

/** The package that the images of a release name by their label; what deploy-eks has written down stands for it. */
const packageArnOf = async (
  record: ReleaseRecord,
  lookup: Pick<ImageLookup, 'modelPackage'>,
): Promise<Arn | undefined> =>
  ((await lookup.modelPackage(ownImages(record))) ?? record.modelPackageArn) as Arn | undefined

/**
 * The model of a release and its golden answers. Throws E-DIGEST when the answers are not those of this model, and what the
 * registry and S3 say.
 */
export const modelOf = async (
  record: ReleaseRecord,
  lookup: Pick<ImageLookup, 'modelPackage'>,
  aws: Aws | undefined,
): Promise<Model> => {
  const none = { found: undefined, arn: undefined }
  if (aws === undefined) return { ...none, golden: 'no region of AWS is known, so that no registry can be asked' }
  const arn = await packageArnOf(record, lookup)
  if (arn === undefined) return { ...none, golden: 'the images of the release name no model package' }
  const found = await aws.registry.describe(arn)
  if (found === undefined) return { found, arn, golden: `the registry does not know ${arn}` }
  return { found, arn, golden: await answersOf(found, aws) }
}
