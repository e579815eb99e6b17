import {
  championMove,
  type HealthVerdict,
  healthTags,
  isModelCause,
  type ModelPackage,
  type ModelRegistry,
  parseEcrImage,
  type ReleaseRecord,
  unhealthyMark,
} from '@mlops/core'
import { type Model, ownImages } from './golden.ts'
import type { Job } from './job.ts'
import type { Aws } from './ports.ts'

/** All packages of the group, as far as they can be champions of anything. */
const packagesOf = async (registry: ModelRegistry, group: string): Promise<readonly ModelPackage[]> => {
  const found: ModelPackage[] = []
  for await (const { arn } of registry.versions(group)) {
    const one = await registry.describe(arn)
    if (one !== undefined) found.push(one)
  }
  return found
}

const tagImage = async (aws: Aws, image: string, tag: string): Promise<'put' | 'taken' | 'absent' | 'elsewhere'> => {
  const parsed = parseEcrImage(image)
  if (parsed?.digest === undefined) return 'elsewhere'
  const registry = aws.imagesIn(parsed.region)
  const manifest = await registry.manifest(parsed, { digest: parsed.digest })
  return manifest === undefined ? 'absent' : registry.put(parsed, manifest, tag)
}

/** Tags the images of a release; one that can't be tagged is said, and makes the release no less healthy. */
const tagImages = async ({ context }: Job, aws: Aws, record: ReleaseRecord, environment: string) => {
  const tagged: string[] = []
  for (const image of ownImages(record))
    for (const tag of healthTags(environment, record.revision)) {
      const done = await tagImage(aws, image, tag)
      if (done === 'put') tagged.push(tag)
      if (done === 'taken') context.log.warning(`${tag} is the tag of another image, and stays so`)
    }
  return [...new Set(tagged)]
}

/** Lets registry and images know that a release was proven healthy. Gives what was done, in sentences. */
export const tellHealthy = async (
  job: Job,
  record: ReleaseRecord,
  { found, arn }: Model,
): Promise<readonly string[]> => {
  const { aws, environment, facts } = job
  if (aws === undefined || environment === undefined)
    return [
      `No champion was moved and no image tagged: ${aws === undefined ? 'no region of AWS is known' : 'neither the input nor the record names an environment'}.`,
    ]
  const told: string[] = []
  if (arn !== undefined && found !== undefined) {
    const others = await packagesOf(aws.registry, found.group)
    for (const change of championMove(arn, others, environment, facts.runUrl)) await aws.registry.update(change)
    told.push(`Version ${found.version} of ${found.group} is the champion of ${environment}.`)
  }
  const tags = await tagImages(job, aws, record, environment)
  return tags.length === 0 ? told : [...told, `Its image has the tags ${tags.join(' and ')}.`]
}

/** Marks the model in the registry when it is what made the release unhealthy. */
export const tellUnhealthy = async (
  { aws, environment, context }: Job,
  verdict: HealthVerdict,
  {
    failed,
    model,
    restored,
  }: { readonly failed: ReleaseRecord; readonly model: Model; readonly restored?: ReleaseRecord },
): Promise<readonly string[]> => {
  const { found, arn } = model
  // The label of the image is closer to the truth than what was written down.
  const served = arn === undefined ? failed : { ...failed, modelPackageArn: arn }
  const isBlamed = isModelCause(verdict, served, restored)
  if (!isBlamed || found === undefined || aws === undefined || environment === undefined) return []
  await aws.registry.update(unhealthyMark(found, environment, verdict.sentence, context.identity))
  return [
    `Version ${found.version} of ${found.group} is rejected in the registry: no image is built of it again until a person approves it.`,
  ]
}
