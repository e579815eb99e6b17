import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Masks } from './masks.ts'
import type { RunRecord } from './run-record.ts'

interface Summary {
  readonly job: string
  readonly step: string
  readonly markdown: string
}

const asFileName = (text: string) => text.replaceAll(/[^\w.-]+/g, '_')

/** Writes run.json, summary.md and the single summaries; logs and artifacts are there already. */
export const writeResults = (out: string, record: RunRecord, summaries: readonly Summary[], masks: Masks): void => {
  const folder = join(out, 'summaries')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(out, 'run.json'), `${masks.apply(JSON.stringify(record, undefined, 2))}\n`)
  const parts = summaries.map(({ job, step, markdown }) => `## ${job}: ${step}\n\n${markdown.trimEnd()}\n`)
  writeFileSync(
    join(out, 'summary.md'),
    parts.length === 0 ? '' : `# ${record.workflow.runName}\n\n${parts.join('\n')}`,
  )
  for (const [index, { job, step, markdown }] of summaries.entries()) {
    const number = String(index + 1).padStart(2, '0')
    writeFileSync(join(folder, `${number}-${asFileName(job)}-${asFileName(step)}.md`), markdown)
  }
}
