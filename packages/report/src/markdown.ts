import type { Block, Report } from '@mlops/core'

/** GitHub drops a step summary of more than 1 MiB whole (the step stays green), so the budget stays well below. */
export const SUMMARY_BUDGET = 900 * 1024

/** GitHub refuses a comment of more than 65 536 characters; a byte is never more than one. */
export const COMMENT_BUDGET = 60_000

/** What moves, hides or reorders text: control characters, and the marks that turn the direction of writing. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu

const oneLine = (text: string) =>
  text
    .replaceAll(/\s*[\r\n]+\s*/g, ' ')
    .replaceAll(UNSEEN, '\uFFFD')
    .trim()

const escaped = (text: string) =>
  text
    .replaceAll(/[\\`*|~$]|\](?=[([:])/g, '\\$&')
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    // A space of no width keeps GitHub from notifying people and cross-referencing issues.
    .replaceAll(/(?<!\w)@(?=\w)|#(?=\d)|\bGH-(?=\d)/gi, '$&&#8203;')

/** A dollar begins a formula on GitHub, and its escape would become a part of a bare address: the address is said twice. */
const link = (address: string) => (address.includes('$') ? `[${escaped(address)}](<${address}>)` : address)

/** Text in one line, shown to the letter: only a plain web address becomes a link. */
const inline = (text: string) =>
  oneLine(text)
    .split(/(\bhttps?:\/\/[^\s<>|`"()[\]*~\\]+)/)
    .map((part, index) => (index % 2 === 1 ? link(part) : escaped(part)))
    .join('')

/** The same at the start of a line, where some characters begin a block or a task (CommonMark 4 and 5, GFM 5.3). */
const line = (text: string) =>
  inline(text)
    .replace(/^(?=[#>+=[-])/, '\\')
    .replace(/^(\d+)(?=[.)])/, '$1\\')

const html = (text: string) => oneLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** A fence longer than any run of backticks inside, as CommonMark asks (section 4.5). */
const fenced = (text: string) => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${text}\n${fence}`
}

const table = (columns: readonly string[], rows: readonly (readonly string[])[], numeric: readonly string[]) =>
  [columns, columns.map((column) => (numeric.includes(column) ? '---:' : '---')), ...rows]
    .map((row, index) => `| ${row.map((text) => (index === 1 ? text : inline(text))).join(' | ')} |`)
    .join('\n')

const details = (title: string, body: string) => `<details><summary>${html(title)}</summary>\n\n${body}\n\n</details>`

const block = (item: Block): string => {
  switch (item.kind) {
    case 'text':
      return line(item.text)
    case 'heading':
      return `### ${line(item.text)}`
    case 'list':
      return item.items.map((text) => `- ${line(text)}`).join('\n')
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

const REST = 'result.json has the figures'

/**
 * Renders a report as GitHub Markdown, headline first. Whole blocks are left out, from the first that does not fit,
 * once `budget` bytes are used up, and the text then says so, and where the rest is.
 */
export const markdown = (
  { headline, blocks }: Report,
  budget: number = SUMMARY_BUDGET,
  rest: string = REST,
): string => {
  const cut = `\n\n_The rest did not fit; ${rest}._\n`
  let text = `**${inline(headline)}**\n`
  for (const item of blocks) {
    const next = `${text}\n${block(item)}\n`
    if (Buffer.byteLength(next) + Buffer.byteLength(cut) > budget) return text + cut
    text = next
  }
  return text
}
