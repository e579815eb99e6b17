import { expect, test } from '@jest/globals'
import { filterPattern, matchesPatterns } from '../src/filters.ts'

// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
test.each([
  ['feature/*', ['feature/my-branch', 'feature/your-branch'], ['feature/a/b', 'feature']],
  ['feature/**', ['feature/beta-a/my-branch', 'feature/your-branch'], ['feature']],
  ['main', ['main'], ['mainline']],
  ['*', ['main', 'releases'], ['all/the/branches']],
  ['**', ['all/the/branches', 'every/tag'], []],
  ['*feature', ['mona-feature', 'feature', 'ver-10-feature'], ['feature-x']],
  ['v2*', ['v2', 'v2.0', 'v2.9'], ['v1']],
  ['v[12].[0-9]+.[0-9]+', ['v1.10.1', 'v2.0.0'], ['v3.0.0', 'v1.a.0']],
  ['*.jsx?', ['page.js', 'page.jsx'], ['page.jsxx', 'a/page.js']],
  ['**.js', ['index.js', 'js/index.js', 'src/js/app.js'], ['index.ts']],
  ['docs/*', ['docs/README.md'], ['docs/a/b.md']],
  ['docs/**', ['docs/README.md', 'docs/mona/octocat.txt'], ['src/docs/x']],
  ['docs/**/*.md', ['docs/README.md', 'docs/mona/hello-world.md'], ['docs/a.txt']],
  ['**/docs/**', ['docs/hello.md', 'dir/docs/my-file.txt', 'space/docs/plan/space.doc'], ['docs']],
  ['**/README.md', ['README.md', 'js/README.md'], ['js/README.mdx']],
  ['**/*src/**', ['a/src/app.js', 'my-src/code/js/app.js'], ['a/b.js']],
  ['**/*-post.md', ['my-post.md', 'path/their-post.md'], ['post.md']],
  ['**/migrate-*.sql', ['migrate-10909.sql', 'db/migrate-v1.0.sql', 'db/sept/migrate-v1.sql'], ['migrate.sql']],
  [String.raw`a\*b`, ['a*b'], ['axb']],
])('%s', (pattern, matching, others) => {
  expect(matching.filter((name) => !filterPattern(pattern).test(name))).toEqual([])
  expect(others.filter((name) => filterPattern(pattern).test(name))).toEqual([])
})

test('order matters: an exclusion takes out, a later pattern lets in again', () => {
  const patterns = ['**.md', '!README.md', 'README*']
  expect(matchesPatterns('README.md', patterns.slice(0, 2))).toBe(false)
  expect(matchesPatterns('README.md', patterns)).toBe(true)
  expect(matchesPatterns('hello.md', patterns)).toBe(true)
})
