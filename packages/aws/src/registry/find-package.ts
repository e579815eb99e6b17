import {
  consider,
  isDecided,
  isSelectable,
  METADATA,
  type ModelPackage,
  type ModelRegistry,
  type PackageVersion,
  type S3Uri,
  selected,
  type Selected,
  type Selector,
  startSelection,
} from '@mlops/core'

/** How far back it is looked for a package that an earlier attempt has registered. */
const NEWEST = 100

/** The newest versions of a group, at most `limit` of them. */
export const newestVersions = async (
  registry: Pick<ModelRegistry, 'versions'>,
  group: string,
  limit: number,
): Promise<readonly PackageVersion[]> => {
  const found: PackageVersion[] = []
  for await (const version of registry.versions(group)) {
    found.push(version)
    if (found.length === limit) break
  }
  return found
}

/**
 * The package of the first selector that any of the group fits; undefined when none fits any. What a list rules out is
 * not asked about, and older packages are looked at only while they can matter.
 *
 * @param group name or ARN
 */
export const findPackage = async (
  registry: Pick<ModelRegistry, 'versions' | 'describe'>,
  group: string,
  selectors: readonly Selector[],
  environment: string,
): Promise<Selected | undefined> => {
  let selection = startSelection(selectors, environment)
  for await (const version of registry.versions(group)) {
    const candidate = isSelectable(version) ? await registry.describe(version.arn) : undefined
    if (candidate !== undefined) selection = consider(selection, candidate)
    if (isDecided(selection)) break
  }
  return selected(selection)
}

export interface Registration {
  readonly artifact: S3Uri
  /** Key of the registration, the same in all attempts of a run. */
  readonly key: string
  readonly artifactDigest: string
  readonly gateDigest?: string
}

const isSame = ({ metadata }: ModelPackage, { key, artifactDigest, gateDigest }: Registration) =>
  metadata[METADATA.runKey] === key ||
  (gateDigest !== undefined &&
    metadata[METADATA.artifactDigest] === artifactDigest &&
    metadata[METADATA.gateDigest] === gateDigest)

/**
 * The package that an earlier process has registered for the same work: by the same run, or the same artifact by the same
 * verdict. Among the newest 100 only those of this artifact are asked about; one that failed or is being deleted is none.
 */
export const findRegistered = async (
  registry: Pick<ModelRegistry, 'versions' | 'describe' | 'withArtifact'>,
  recent: readonly PackageVersion[],
  wanted: Registration,
): Promise<ModelPackage | undefined> => {
  const alive = recent.filter(({ status }) => status !== 'Failed' && status !== 'Deleting').map(({ arn }) => arn)
  for (const arn of await registry.withArtifact(alive.slice(0, NEWEST), wanted.artifact)) {
    const candidate = await registry.describe(arn)
    if (candidate !== undefined && isSame(candidate, wanted)) return candidate
  }
  return undefined
}
