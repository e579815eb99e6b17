import { join, resolve } from 'node:path'
import type { Context } from '@mlops/action-kit'
import { sha256 } from '@mlops/aws'
import {
  ActionError,
  buildId,
  canonicalJson,
  type EcrImage,
  type EcrRepository,
  imageTag,
  type ModelPackage,
  parseEcrImage,
  parseRepository,
  type StoredManifest,
} from '@mlops/core'
import {
  assembleImage,
  BUILD_LABEL,
  buildWithEngine,
  contentOf,
  contextFiles,
  DOCKER_MANIFEST,
  hasDockerfile,
  type ImageConfig,
  type Pushed,
  pushImage,
  readBaseImage,
  writeLayer,
} from '@mlops/image'
import type { Model } from './model.ts'
import type { Ports } from './ports.ts'
import type { Inputs } from './spec.ts'

/** Where the files of the context and the model lie in the image. */
const APPLICATION = 'app'
const MODEL = 'opt/ml/model'
const CONTENT_LABEL = 'mlops.content'

/** An image that can be built, by what it is made of. */
export interface Plan {
  readonly tag: string
  /** Known before it is built, when it is put together here. */
  readonly digest?: string
  /** Whether an image that is there already is made of the same. */
  readonly isSame: (config: ImageConfig) => boolean
  /** Builds and pushes it without a tag. */
  readonly push: () => Promise<Pushed & { readonly manifest: StoredManifest }>
}

export interface Ingredients {
  readonly inputs: Inputs
  readonly repository: EcrRepository
  readonly found: ModelPackage | undefined
  readonly model: Model | undefined
  readonly workshop: string
}

const elsewhere = (what: string, region: string, own: string) =>
  new ActionError({
    code: 'E-IMAGE',
    kind: 'user',
    what: `${what} lies in ${region}`,
    why: `this step works in ${own}`,
    hint: 'give the region in aws-region, or name one of this region',
  })

/** The repository to push to. Throws E-IMAGE for one of another region. */
export const repositoryOf = async ({ repository }: Inputs, { region, accountId }: Ports): Promise<EcrRepository> => {
  const { name = '', account, region: given = region } = parseRepository(repository) ?? {}
  if (given !== region) throw elsewhere(`the repository ${name}`, given, region)
  return { name, region, account: account ?? (await accountId()) }
}

const baseOf = (
  { baseImage = '' }: Inputs,
  { region }: Ports,
): (EcrImage & { readonly digest: string }) | undefined => {
  const base = parseEcrImage(baseImage)
  if (base?.digest === undefined) return undefined
  if (base.region !== region) throw elsewhere(`the base image ${base.name}`, base.region, region)
  return { ...base, digest: base.digest }
}

const labelsOf = ({ found }: Ingredients, { identity }: Context): Readonly<Record<string, string>> => ({
  'org.opencontainers.image.revision': identity.sha,
  [BUILD_LABEL]: buildId(identity.runNumber, identity.sha),
  ...(found === undefined ? {} : { 'mlops.model-package-arn': found.arn }),
})

const tagOf = ({ found }: Ingredients, content: string, { identity }: Context) =>
  imageTag({ sha: identity.sha, key: sha256(content), ...(found === undefined ? {} : { version: found.version }) })

const noDockerfile = (folder: string) =>
  new ActionError({
    code: 'E-INPUT',
    kind: 'user',
    what: 'build-args stands without a Dockerfile',
    why: `${folder} holds none, and only a Dockerfile has a use for them`,
    hint: 'remove them, or add the Dockerfile',
  })

/** The image is put together here: base, model, application, so that the largest layers change least often. */
const assembled = async (from: Ingredients, ports: Ports, context: Context): Promise<Plan> => {
  const { inputs, repository, model, workshop } = from
  if (inputs.buildArgs !== undefined) throw noDockerfile(inputs.context)
  const base = baseOf(inputs, ports)
  const baseImage = base === undefined ? undefined : await readBaseImage(ports.images, base)
  const folder = resolve(context.workspace, inputs.context)
  const layers = [
    ...(model === undefined
      ? []
      : [
          await writeLayer(model.files, {
            folder: MODEL,
            path: join(workshop, 'model.layer'),
            createdBy: `mlops-actions: ${from.found?.arn ?? ''}`,
          }),
        ]),
    await writeLayer(contextFiles(folder), {
      folder: APPLICATION,
      path: join(workshop, 'application.layer'),
      createdBy: 'mlops-actions: the context',
    }),
  ]
  const image = assembleImage({
    ...(baseImage === undefined ? {} : { base: baseImage }),
    layers,
    labels: labelsOf(from, context),
    workingDirectory: `/${APPLICATION}`,
    ...(inputs.entrypoint === undefined ? {} : { entrypoint: inputs.entrypoint }),
    ...(inputs.cmd === undefined ? {} : { cmd: inputs.cmd }),
    port: inputs.port,
  })
  const content = contentOf(image.config)
  return {
    tag: tagOf(from, content, context),
    digest: image.manifest.digest,
    isSame: (config) => contentOf(config) === content,
    push: async () => ({
      manifest: image.manifest,
      ...(await pushImage(ports.images, repository, image, {
        ...(base === undefined ? {} : { base }),
        folder: workshop,
        signal: context.signal,
      })),
    }),
  }
}

const assertNoEngineInputs = ({ baseImage, entrypoint }: Inputs) => {
  if (baseImage === undefined && entrypoint === undefined) return
  throw new ActionError({
    code: 'E-INPUT',
    kind: 'user',
    what: `${baseImage === undefined ? 'entrypoint' : 'base-image'} stands beside a Dockerfile`,
    why: 'the Dockerfile says what the image is built on and what it starts',
    hint: 'keep one of them',
  })
}

const wrongKind = (kind: string) =>
  new ActionError({
    code: 'E-BUILD',
    kind: 'remote',
    what: `the engine has pushed an image of the kind ${kind}`,
    why: 'SageMaker takes only single images in the format of Docker',
    hint: 'use a newer buildx, and no options in its configuration that add attestations',
  })

/** A Docker engine builds the image; the same ingredients on one commit are built once, as no two builds are equal. */
const built = async (from: Ingredients, ports: Ports, context: Context): Promise<Plan> => {
  const { inputs, repository, found, model, workshop } = from
  assertNoEngineInputs(inputs)
  const folder = resolve(context.workspace, inputs.context)
  const files = await writeLayer(contextFiles(folder), {
    folder: APPLICATION,
    path: join(workshop, 'context.layer'),
    createdBy: '',
  })
  const labels = labelsOf(from, context)
  const given = { MODEL_URI: found?.modelDataUrl ?? '', ENV: inputs.environment, ...inputs.buildArgs }
  const content = sha256(
    canonicalJson({
      files: files.diffId,
      given,
      model: found?.artifactDigest,
      arn: found?.arn,
      sha: context.identity.sha,
    }),
  )
  return {
    tag: tagOf(from, content, context),
    isSame: ({ config }) => config?.Labels?.[CONTENT_LABEL] === content,
    push: async () => {
      const login = await ports.images.login()
      context.log.mask(login.password)
      const digest = await buildWithEngine(
        {
          repository,
          login,
          context: folder,
          buildArgs: { ...given, BUILD_ID: labels[BUILD_LABEL] ?? '' },
          labels: { ...labels, [CONTENT_LABEL]: content },
          ...(model === undefined ? {} : { model: model.folder }),
          folder: workshop,
        },
        context,
      )
      const manifest = await ports.images.manifest(repository, { digest })
      if (manifest?.mediaType !== DOCKER_MANIFEST) throw wrongKind(manifest?.mediaType ?? 'unknown')
      // What an engine uploads it does not tell.
      return { manifest, layers: 0, bytes: 0 }
    },
  }
}

/** How the image is built: a Dockerfile in the context is an engine's to build, everything else is put together here. */
export const planOf = (from: Ingredients, ports: Ports, context: Context): Promise<Plan> =>
  (hasDockerfile(resolve(context.workspace, from.inputs.context)) ? built : assembled)(from, ports, context)
