import { diffOf, type ReleasePlan, type ReleaseRecord } from '@mlops/core'
import { sha256, type StoredRecords } from '@mlops/kubernetes'
import type { Job } from './job.ts'
import { diffText, type Story } from './report.ts'

/** What was found before the first write. */
export interface Seen {
  readonly stored: StoredRecords
  readonly plan: ReleasePlan
  /** What an earlier run had left behind, and what was done about it. */
  readonly notes: readonly string[]
}

/** The release that stands, as far as anything was ever deployed. */
const standing = ({ stored }: Seen): ReleaseRecord | undefined =>
  stored.records.find(({ status, revision }) => status === 'deployed' && revision > 0)

/** The revision that is written, or the one that is there when nothing differs. */
const revisionOf = (seen: Seen) => (seen.plan.unchanged ? standing(seen)?.revision : undefined) ?? seen.plan.revision

/** What is known so far; told anew when more is. */
export const storyOf = ({ facts, watch }: Job, seen: Seen): Story => ({
  facts,
  revision: revisionOf(seen),
  previous: standing(seen),
  images: seen.plan.images,
  diffs: diffOf(seen.plan, sha256),
  notes: seen.notes,
  phases: watch.phases(),
})

/** The outputs of every end after rendering, by how much was seen. */
export const outputsOf = ({ facts, renderedPath, context }: Job, seen?: Seen) => {
  const known = {
    release: facts.release,
    'rendered-path': renderedPath,
    'model-package-arn': facts.modelPackageArn ?? '',
  }
  if (seen === undefined) return known
  const previous = standing(seen)
  return {
    ...known,
    revision: String(revisionOf(seen)),
    'previous-revision': previous === undefined ? '' : String(previous.revision),
    'diff-path': context.files.writeTemporary('diff.txt', diffText(diffOf(seen.plan, sha256))),
  }
}
