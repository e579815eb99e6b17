import { expect, test } from '@jest/globals'
import { readIgnorePatterns } from '../src/ignore-patterns.ts'

const PATHS = ['a.py', 'b.md', 'docs/c.md', 'docs/d/e.md', 'docs/keep.md', 'src/docs/f.md', 'x.y/g']

const left = (text: string) => {
  const read = readIgnorePatterns(text)
  if (read.kind !== 'ok') throw new Error(`line ${read.line}`)
  return PATHS.filter((path) => read.isIgnored(path))
}

// https://docs.docker.com/build/concepts/context/#syntax
test.each([
  ['', []],
  ['# comment\n\n', []],
  ['docs', ['docs/c.md', 'docs/d/e.md', 'docs/keep.md']],
  ['/docs/', ['docs/c.md', 'docs/d/e.md', 'docs/keep.md']],
  ['*.md', ['b.md']],
  ['*/*.md', ['docs/c.md', 'docs/keep.md']],
  ['**/*.md', ['b.md', 'docs/c.md', 'docs/d/e.md', 'docs/keep.md', 'src/docs/f.md']],
  ['**/docs', ['docs/c.md', 'docs/d/e.md', 'docs/keep.md', 'src/docs/f.md']],
  ['docs/**', ['docs/c.md', 'docs/d/e.md', 'docs/keep.md']],
  ['docs\n!docs/keep.md', ['docs/c.md', 'docs/d/e.md']],
  ['!docs/keep.md\ndocs', ['docs/c.md', 'docs/d/e.md', 'docs/keep.md']],
  ['?.py', ['a.py']],
  ['x.y', ['x.y/g']],
  ['xzy', []],
  ['*\n!src', ['a.py', 'b.md', 'docs/c.md', 'docs/d/e.md', 'docs/keep.md', 'x.y/g']],
])('%j leaves out %j', (text, expected) => {
  expect(left(text)).toEqual(expected)
})

test.each(['a\n[ab].py', 'a\n..\\secret', 'a\n../b'])('%j is not understood', (text) => {
  expect(readIgnorePatterns(text)).toEqual({ kind: 'unknown', line: 2 })
})
