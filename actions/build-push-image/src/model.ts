import { createReadStream, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findPackage } from '@mlops/aws'
import {
  ActionError,
  type Arn,
  assertUsable,
  type ModelPackage,
  parsePackageArn,
  parseSelector,
  unhealthyIn,
} from '@mlops/core'
import { type TreeFile, unpackModel } from '@mlops/image'
import type { Ports } from './ports.ts'
import { type Inputs, PLACEHOLDER } from './spec.ts'

const noModel = (what: string, why: string) =>
  new ActionError({
    code: 'E-NO-MODEL',
    kind: 'user',
    what,
    why,
    hint: 'approve a package, name another one, or build with model: placeholder in dev',
  })

const byArn = async (arn: Arn, { environment }: Inputs, { registry }: Ports): Promise<ModelPackage> => {
  const found = await registry.describe(arn)
  if (found === undefined) throw noModel(`there is no package ${arn}`, 'the registry does not know it')
  assertUsable(found)
  if (!unhealthyIn(found).includes(environment)) return found
  throw new ActionError({
    code: 'E-NOT-APPROVED',
    kind: 'user',
    what: `${arn} is not for ${environment}`,
    why: 'a release of it was found unhealthy there and rolled back',
    hint: 'name another package, or approve this one again',
  })
}

const bySelector = async (text: string, { environment }: Inputs, { registry }: Ports): Promise<ModelPackage> => {
  const at = text.lastIndexOf('@')
  const [group, selector] = [text.slice(0, at), parseSelector(text.slice(at + 1))]
  const found = await findPackage(registry, group, selector === undefined ? [] : [selector], environment)
  if (found === undefined)
    throw noModel(
      `${text.slice(at + 1)} fits no package of ${group} for ${environment}`,
      'packages that are rejected, unfinished or unhealthy there are passed over',
    )
  assertUsable(found.package)
  return found.package
}

/** The approved package that is meant; undefined for a placeholder. Throws E-NO-MODEL, E-NOT-APPROVED. */
export const packageOf = async (inputs: Inputs, ports: Ports): Promise<ModelPackage | undefined> => {
  const { model } = inputs
  if (model === PLACEHOLDER) return undefined
  return parsePackageArn(model) === undefined ? bySelector(model, inputs, ports) : byArn(model as Arn, inputs, ports)
}

const replaced = ({ arn, modelDataUrl, artifactDigest }: ModelPackage, now: string) =>
  new ActionError({
    code: 'E-DIGEST',
    kind: 'rejected',
    what: `the model of ${arn} is not the one that was approved`,
    why:
      artifactDigest === undefined
        ? 'the package does not say which artifact it was registered with'
        : `${modelDataUrl} has the digest ${now}, it was registered with ${artifactDigest}`,
    hint: 'find out who replaced it, or build another package',
  })

export interface Model {
  readonly files: readonly TreeFile[]
  /** Where they lie. */
  readonly folder: string
}

/** Brings the package's model here. Throws E-DIGEST when it is not the one that was registered, E-NO-DATA, E-ARCHIVE. */
export const fetchModel = async (found: ModelPackage, { places }: Ports, workshop: string): Promise<Model> => {
  const archive = await places.fetch(found.modelDataUrl)
  if (archive === undefined)
    throw new ActionError({
      code: 'E-NO-DATA',
      kind: 'user',
      what: `the model of ${found.arn} is not there`,
      why: `nothing lies at ${found.modelDataUrl}`,
      hint: 'restore it, or build another package',
    })
  if (archive.digest !== found.artifactDigest) throw replaced(found, archive.digest)
  const folder = join(workshop, 'model')
  const files = await unpackModel(createReadStream(archive.path), folder)
  // Once more as large as the model, and not needed any more.
  rmSync(archive.path)
  return { folder, files }
}
