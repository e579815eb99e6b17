import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileGlob, filesBelow } from './glob.ts'

const normal = (pattern: string) => pattern.replace(/^\.\//, '')

/**
 * The hash of all matching files of the workspace, in path order; empty when none matches. `!` excludes.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#hashfiles
 */
export const hashFiles = (workspace: string, patterns: readonly string[]): string => {
  const lines = patterns.flatMap((text) => text.split('\n').map((line) => line.trim())).filter((line) => line !== '')
  const wanted = lines.filter((line) => !line.startsWith('!')).map((line) => fileGlob(normal(line)))
  const unwanted = lines.filter((line) => line.startsWith('!')).map((line) => fileGlob(normal(line.slice(1))))
  const matches = (path: string) => wanted.some((glob) => glob.test(path)) && !unwanted.some((glob) => glob.test(path))
  const files = filesBelow(workspace).filter(
    (path) => !path.startsWith('.git/') && matches(path) && statSync(join(workspace, path)).isFile(),
  )
  if (files.length === 0) return ''
  const whole = createHash('sha256')
  for (const path of files)
    whole.update(
      createHash('sha256')
        .update(readFileSync(join(workspace, path)))
        .digest(),
    )
  return whole.digest('hex')
}
