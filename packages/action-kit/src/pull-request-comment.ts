import { ActionError, type Report } from '@mlops/core'
import { COMMENT_BUDGET, markdown } from '@mlops/report'
import type { Context } from './context.ts'
import { eventPayload } from './event.ts'
import type { GitHub } from './github.ts'

const pullRequestOf = ({ environment }: Context): number | undefined => {
  const pull = eventPayload(environment)['pull_request']
  return typeof pull === 'object' && pull !== null && 'number' in pull && typeof pull.number === 'number'
    ? pull.number
    : undefined
}

/** A comment of HTML, which GitHub keeps and does not show; nothing in it can end it early. */
const markOf = (name: string) => `<!-- mlops-actions ${encodeURIComponent(name).replaceAll('-', '%2D')} -->\n`

/**
 * Keeps one comment with the report on the pull request that the run is for: the next run edits it. `name` tells comments of
 * several models or gates apart. Does nothing when the run is for no pull request, and never fails a step: where the token may
 * not write, as in a run from a fork, a warning says so and the job summary has the report.
 */
export const commentOnPullRequest = async (
  { upsertComment }: Pick<GitHub, 'upsertComment'>,
  name: string,
  report: Report,
  context: Context,
): Promise<void> => {
  const pull = pullRequestOf(context)
  if (pull === undefined) return
  const { serverUrl, repository, runId } = context.identity
  const mark = markOf(name)
  const rest = `[the summary of the run](${serverUrl}/${repository}/actions/runs/${runId}) has it`
  try {
    await upsertComment(pull, mark, mark + markdown(report, COMMENT_BUDGET - mark.length, rest))
  } catch (error) {
    if (!(error instanceof ActionError)) throw error
    context.log.warning(error.message)
    context.log.info('the job summary has the report all the same')
  }
}
