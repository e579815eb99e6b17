import type { Block, Report } from '@mlops/core'

/** GitHub drops a step summary of more than 1 MiB whole (the step stays green), so the budget stays well below. */
export const SUMMARY_BUDGET = 900 * 1024

const cell = (text: string) =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll(/\s*\n\s*/g, ' ')

/** A fence longer than any run of backticks inside, as CommonMark asks (section 4.5). */
const fenced = (text: string) => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${text}\n${fence}`
}

const table = (columns: readonly string[], rows: readonly (readonly string[])[], numeric: readonly string[]) =>
  [columns, columns.map((column) => (numeric.includes(column) ? '---:' : '---')), ...rows]
    .map((row, index) => `| ${row.map((text) => (index === 1 ? text : cell(text))).join(' | ')} |`)
    .join('\n')

const details = (title: string, body: string) => `<details><summary>${cell(title)}</summary>\n\n${body}\n\n</details>`

const block = (item: Block): string => {
  switch (item.kind) {
    case 'text':
      return item.text
    case 'heading':
      return `### ${item.text}`
    case 'facts':
      return table(['', ''], item.facts, [])
    case 'table':
      return table(item.columns, item.rows, item.numeric ?? [])
    case 'foreign':
      return details(item.title, fenced(item.text))
    case 'details':
      return details(item.title, item.blocks.map(block).join('\n\n'))
  }
}

const CUT = '\n\n_The rest did not fit into the summary; result.json has the figures._\n'

/**
 * Renders a report as GitHub Markdown, headline first. Whole blocks are left out, from the first that does not fit,
 * once `budget` bytes are used up, and the text then says so.
 */
export const markdown = ({ headline, blocks }: Report, budget: number = SUMMARY_BUDGET): string => {
  let text = `**${headline}**\n`
  for (const item of blocks) {
    const next = `${text}\n${block(item)}\n`
    if (Buffer.byteLength(next) + Buffer.byteLength(CUT) > budget) return text + CUT
    text = next
  }
  return text
}
