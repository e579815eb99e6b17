import type { Outcome } from '@mlops/action-kit'
import { newerHealthy } from '@mlops/core'
import { preflight } from '@mlops/kubernetes'
import { olderError, refusedError } from './failure.ts'
import type { Job } from './job.ts'
import { plannedReport, unchangedReport } from './report.ts'
import type { Spec } from './spec.ts'
import { outputsOf, type Seen, storyOf } from './story.ts'

/** Looks at everything that can be known before the first write. Throws E-PREFLIGHT and E-OLDER; writes nothing. */
export const survey = async (job: Job, notes: readonly string[] = []): Promise<Seen> => {
  const { inputs, context, cluster, facts, objects, images } = job
  const stored = await job.records.list()
  const newer = inputs.ifOlder === 'fail' ? newerHealthy(stored.records, facts) : undefined
  if (newer !== undefined) throw olderError(facts, newer, outputsOf(job))
  const { conflicts, prune, recordSecrets } = inputs
  const rules = { conflicts, prune, recordSecrets, images: inputs.images ?? {}, imageExists: images.exists }
  const found = await preflight(cluster, { facts, prepared: objects, stored, ...rules }, context)
  if (found.kind === 'refused') throw refusedError(facts, found.diagnoses, outputsOf(job))
  for (const warning of found.warnings) context.log.warning(warning)
  return { stored, plan: found.plan, notes }
}

/** The outcome of a step that has nothing to write: a dry run, or nothing differs. */
export const withoutWriting = (job: Job, seen: Seen): Outcome<Spec> | undefined => {
  if (!job.inputs.dryRun && !seen.plan.unchanged) return undefined
  const [status, report] = seen.plan.unchanged
    ? (['unchanged', unchangedReport] as const)
    : (['planned', plannedReport] as const)
  return { status, verdict: 'ok', outputs: outputsOf(job, seen), report: report(storyOf(job, seen)) }
}
