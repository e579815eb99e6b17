import type { DescribeImageScanFindingsCommandOutput } from '@aws-sdk/client-ecr'
import { ActionError, type EcrRepository, type ImageRegistry } from '@mlops/core'
import { type EcrAccess, inRepository, nameOf, toImageError } from './calls.ts'
import { download, toFile, toText } from './download.ts'
import { ecrClient } from './ecr-client.ts'
import { scanOf } from './findings.ts'
import { uploadBlob } from './upload-blob.ts'

/** What BatchCheckLayerAvailability takes at most. */
const BATCH = 100
const FINDINGS_PAGE = 1000
/** Everything that an image can be; without it ECR converts what it likes. */
const MEDIA_TYPES = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
]

const batchesOf = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / BATCH) }, (_, index) => all.slice(index * BATCH, (index + 1) * BATCH))

/** The registry of an account in ECR, by its own API: no Docker engine and no login stands between. */
export const ecrRegistry = (access: EcrAccess): ImageRegistry => {
  const ecr = ecrClient(access)
  const { signal } = access

  /** Runs calls on a repository; what AWS throws becomes an error of ours. */
  const on = async <T>(repository: EcrRepository, doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      throw toImageError(access, error, `${doing} ${repository.name}`, repository)
    }
  }

  const missing: ImageRegistry['missing'] = (repository, digests) =>
    on(repository, 'asking about layers of', async () => {
      const there = new Set<string>()
      for (const layerDigests of batchesOf([...new Set(digests)])) {
        const { layers = [] } = await ecr.batchCheckLayerAvailability({
          ...inRepository(repository),
          layerDigests: [...layerDigests],
        })
        for (const { layerDigest = '', layerAvailability } of layers)
          if (layerAvailability === 'AVAILABLE') there.add(layerDigest)
      }
      return digests.filter((digest) => !there.has(digest))
    })

  const manifest: ImageRegistry['manifest'] = (repository, image) =>
    on(repository, 'reading an image of', async () => {
      const identifier = 'tag' in image ? { imageTag: image.tag } : { imageDigest: image.digest }
      const { images = [], failures = [] } = await ecr.batchGetImage({
        ...inRepository(repository),
        imageIds: [identifier],
        acceptedMediaTypes: MEDIA_TYPES,
      })
      const [found] = images
      const [failure] = failures
      if (found?.imageManifest !== undefined)
        return {
          digest: found.imageId?.imageDigest ?? '',
          mediaType: found.imageManifestMediaType ?? '',
          text: found.imageManifest,
        }
      if (failure === undefined || failure.failureCode === 'ImageNotFound') return undefined
      throw new ActionError({
        code: 'E-IMAGE',
        kind: 'remote',
        what: `an image of ${repository.name} can't be read`,
        why: `${failure.failureCode ?? 'ECR'}: ${failure.failureReason ?? 'no reason is given'}`,
        hint: 'look at the image in ECR',
      })
    })

  const put: ImageRegistry['put'] = (repository, { text, mediaType, digest }, tag) =>
    on(repository, 'pushing an image to', async () => {
      try {
        await ecr.putImage({
          ...inRepository(repository),
          imageManifest: text,
          imageManifestMediaType: mediaType,
          imageDigest: digest,
          ...(tag === undefined ? {} : { imageTag: tag }),
        })
        return 'put'
      } catch (error) {
        // It is there with this very tag: an earlier attempt has put it, or one whose answer was lost.
        if (nameOf(error) === 'ImageAlreadyExistsException') return 'put'
        if (nameOf(error) === 'ImageTagAlreadyExistsException') return 'taken'
        throw error
      }
    })

  const startScan: ImageRegistry['startScan'] = (repository, digest) =>
    on(repository, 'starting a scan in', async () => {
      try {
        await ecr.startImageScan({ ...inRepository(repository), imageId: { imageDigest: digest } })
        return 'started'
      } catch (error) {
        if (nameOf(error) === 'LimitExceededException') return 'limited'
        // With Amazon Inspector, scans are not asked for (ECR user guide, "Enhanced scanning").
        if (nameOf(error) === 'ValidationException') return 'by-itself'
        throw error
      }
    })

  const scan: ImageRegistry['scan'] = (repository, digest) =>
    on(repository, 'reading findings of', async () => {
      const pages: DescribeImageScanFindingsCommandOutput[] = []
      let nextToken: string | undefined
      try {
        do {
          const page: DescribeImageScanFindingsCommandOutput = await ecr.describeImageScanFindings({
            ...inRepository(repository),
            imageId: { imageDigest: digest },
            ...(nextToken === undefined ? { maxResults: FINDINGS_PAGE } : { nextToken, maxResults: FINDINGS_PAGE }),
          })
          pages.push(page)
          nextToken = page.nextToken
        } while (nextToken !== undefined)
      } catch (error) {
        if (nameOf(error) === 'ScanNotFoundException') return { kind: 'none' }
        throw error
      }
      return scanOf(pages)
    })

  return {
    manifest,
    missing,
    put,
    startScan,
    scan,
    upload: (repository, blob) =>
      on(repository, 'uploading a layer to', () =>
        uploadBlob(ecr, repository, blob, async () => (await missing(repository, [blob.digest])).length === 0),
      ),
    readText: (repository, digest) =>
      on(repository, 'downloading a configuration of', () =>
        download(access, ecr, { repository, digest }, toText(repository, digest)),
      ),
    fetch: (repository, digest, path) =>
      on(repository, 'downloading a layer of', () =>
        download(access, ecr, { repository, digest }, toFile(path, signal)),
      ),
    login: async () => {
      try {
        const { authorizationData = [] } = await ecr.getAuthorizationToken()
        const token = Buffer.from(authorizationData[0]?.authorizationToken ?? '', 'base64').toString()
        const [user = '', password = ''] = token.split(':')
        return { user, password }
      } catch (error) {
        signal.throwIfAborted()
        throw access.failed(error, 'logging in to ECR')
      }
    },
  }
}
