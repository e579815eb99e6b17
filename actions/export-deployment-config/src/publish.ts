import type { Context } from '@mlops/action-kit'
import {
  ActionError,
  configText,
  type DeploymentConfig,
  exportFileName,
  type HistoryEntry,
  type ModelPackage,
  type PackageReference,
  runUrl,
  type S3Uri,
} from '@mlops/core'
import type { Choice } from './choose.ts'
import type { Ports } from './ports.ts'
import { type Held, keptLosing, readEntries, readLatest, replace, type Shelf, TRIES } from './shelf.ts'

export interface Published {
  /** `overtaken`: a newer package counts, and stays. */
  readonly kind: 'written' | 'unchanged' | 'overtaken'
  readonly config?: S3Uri
  /** What counted before, or counts in the place of this. */
  readonly before?: PackageReference
}

type Latest = Held<DeploymentConfig | undefined>

const referenceOf = (config: DeploymentConfig): PackageReference => ({
  arn: config.model_info.package_arn,
  version: config.model_info.version,
})

const otherGroup = ({ latest }: Shelf, theirs: string, ours: string) =>
  new ActionError({
    code: 'E-PUBLISH',
    kind: 'user',
    what: `${latest} is about the group ${theirs}`,
    why: `one place holds the exports of one group, and this one is of ${ours}`,
    hint: 'choose another s3-prefix for this group',
  })

/** Only a rollback puts an older package in the place of a newer one that is still approved. */
const isOvertaken = async ({ package: mine, kind }: Choice, current: PackageReference, { registry }: Ports) => {
  if (kind === 'rollback' || current.version <= mine.version) return false
  return (await registry.describe(current.arn))?.approvalStatus === 'Approved'
}

/** Writes latest.json by a conditional write: who loses a race looks again at what counts now. */
const publishLatest = async (
  choice: Choice,
  text: string,
  first: Latest,
  shelf: Shelf,
  ports: Ports,
  config: S3Uri,
) => {
  const { objects } = ports
  let before = first
  for (let tries = 1; tries <= TRIES; tries += 1) {
    if (before.text === text) return { kind: 'unchanged', before } as const
    const current = before.value
    if (current !== undefined && current.model_info.group !== choice.package.group)
      throw otherGroup(shelf, current.model_info.group, choice.package.group)
    if (current !== undefined && (await isOvertaken(choice, referenceOf(current), ports)))
      return { kind: 'overtaken', before } as const
    await objects.write(config, text, { ifAbsent: true })
    if (await replace(objects, shelf.latest, before, text)) return { kind: 'written', before } as const
    before = await readLatest(objects, shelf)
  }
  throw keptLosing(shelf.latest)
}

/** Appends an entry to the history; one that is there already, or its like, is given back in its place. */
const note = async (
  entry: HistoryEntry,
  isNoted: (last: HistoryEntry) => boolean,
  shelf: Shelf,
  { objects }: Ports,
): Promise<HistoryEntry> => {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const held = await readEntries(objects, shelf)
    const last = held.value.at(-1)
    if (last !== undefined && isNoted(last)) return last
    if (await replace(objects, shelf.history, held, `${held.text}${JSON.stringify(entry)}\n`)) return entry
  }
  throw keptLosing(shelf.history)
}

const reference = ({ arn, version }: ModelPackage): PackageReference => ({ arn, version })

/** Makes the export the one that counts, and notes it. The same content is not written again. */
export const publish = async (
  choice: Choice,
  document: DeploymentConfig,
  latest: Latest,
  shelf: Shelf,
  ports: Ports,
  { clock, identity }: Context,
): Promise<Published> => {
  const at = clock.now()
  const config = `${shelf.folder}/${exportFileName(at, choice.package.version)}` as S3Uri
  const { kind, before } = await publishLatest(choice, configText(document), latest, shelf, ports, config)
  const current = before.value === undefined ? {} : { before: referenceOf(before.value) }
  if (kind === 'overtaken') return { kind, ...current }
  const isWritten = kind === 'written'
  const entry: HistoryEntry = {
    version: 1,
    // oxlint-disable-next-line no-restricted-globals -- formats a given time, asks for none
    at: new Date(at).toISOString(),
    actor: identity.actor,
    run: runUrl(identity),
    kind: choice.kind,
    because: choice.because,
    ...(isWritten && current.before !== undefined ? { from: current.before } : {}),
    to: reference(choice.package),
    config: isWritten ? config : shelf.latest,
  }
  // Unchanged, but not noted: a process ended between its two writes.
  const isNoted = ({ to, config: noted }: HistoryEntry) => (isWritten ? noted === config : to.arn === entry.to.arn)
  return { kind, config: (await note(entry, isNoted, shelf, ports)).config, ...current }
}
