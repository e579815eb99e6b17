import { expect, test } from '@jest/globals'
import { markdown } from '../src/index.ts'

test('the headline stands first', () => {
  expect(markdown({ headline: 'Trained', blocks: [] })).toBe('**Trained**\n')
})

test('a table cell cannot break out of its table', () => {
  const text = markdown({
    headline: 'x',
    blocks: [{ kind: 'table', columns: ['a', 'n'], rows: [['p|q\nr<b>', '1']], numeric: ['n'] }],
  })
  expect(text).toContain('| a | n |\n| --- | ---: |\n| p\\|q r&lt;b> | 1 |')
})

test("an address of the log's console, which is full of dollars, stays a whole link", () => {
  const address = 'https://console.aws.amazon.com/#logsV2:log-groups/log-group/$252Faws$252Fsagemaker$252FTrainingJobs'
  expect(markdown({ headline: `see ${address} now`, blocks: [] })).toBe(
    `**see [${address.replaceAll('$', '\\$')}](<${address}>) now**\n`,
  )
})

test('foreign text with backticks stays inside its fence', () => {
  const text = markdown({ headline: 'x', blocks: [{ kind: 'foreign', title: 'log', text: '```\n````\nend' }] })
  expect(text).toContain('`````text\n```\n````\nend\n`````')
})

test('whole blocks are cut at the budget, and the cut is said', () => {
  const blocks = Array.from({ length: 100 }, (_, index) => ({
    kind: 'text' as const,
    text: `block ${index} ${'x'.repeat(90)}`,
  }))
  const text = markdown({ headline: 'x', blocks }, 1000)
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1000)
  expect(text).toContain('block 0 ')
  expect(text).toContain('did not fit')
})
