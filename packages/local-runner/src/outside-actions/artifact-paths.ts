// Which files an artifact takes, and under which paths:
// https://github.com/actions/upload-artifact#examples (src/shared/search.ts)
import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { StoredFile } from '../artifact-store.ts'
import { fileGlob, filesBelow } from '../glob.ts'

interface Pattern {
  readonly text: string
  /** The longest folder (or the file) before the first wildcard. */
  readonly root: string
  readonly excludes: boolean
}

const absolute = (workspace: string, text: string): string => {
  const path = text.startsWith('~/') ? join(homedir(), text.slice(2)) : text
  return isAbsolute(path) ? resolve(path) : resolve(workspace, path)
}

const rootOf = (path: string): string => {
  const parts = path.split(sep)
  const wildcard = parts.findIndex((part) => /[*?[]/.test(part))
  return wildcard < 0 ? path : parts.slice(0, wildcard).join(sep)
}

const patternsOf = (workspace: string, lines: string): readonly Pattern[] =>
  lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const excludes = line.startsWith('!')
      const text = absolute(workspace, excludes ? line.slice(1) : line)
      return { text, root: rootOf(text), excludes }
    })

// A pattern that names a folder takes all that is in it.
const matches = ({ text }: Pattern, path: string) => fileGlob(text).test(path) || fileGlob(`${text}/**`).test(path)

const filesOf = ({ root }: Pattern): readonly string[] => {
  if (!existsSync(root)) return []
  return statSync(root).isDirectory() ? filesBelow(root).map((path) => join(root, path)) : [root]
}

const isFile = (path: string) => existsSync(path) && statSync(path).isFile()

const isHidden = (root: string, path: string) =>
  relative(root, path)
    .split(sep)
    .some((part) => part.startsWith('.'))

const commonFolder = (paths: readonly string[]): string => {
  const [first = [], ...rest] = paths.map((path) => path.split(sep))
  const length = first.findIndex((part, index) => rest.some((other) => other[index] !== part))
  return first.slice(0, length < 0 ? first.length : length).join(sep) || sep
}

/** The files of an artifact. Hidden ones are left out unless asked for. */
export const artifactFiles = (workspace: string, lines: string, includeHidden: boolean): readonly StoredFile[] => {
  const patterns = patternsOf(workspace, lines)
  const [wanted, unwanted] = [patterns.filter((each) => !each.excludes), patterns.filter((each) => each.excludes)]
  const roots = wanted.map(({ root }) => root)
  const found = new Set(
    wanted.flatMap((pattern) =>
      filesOf(pattern).filter(
        (path) =>
          isFile(path) &&
          matches(pattern, path) &&
          (includeHidden || path === pattern.root || !isHidden(pattern.root, path)),
      ),
    ),
  )
  const files = [...found].filter((path) => !unwanted.some((pattern) => matches(pattern, path)))
  const root = roots.length > 1 ? commonFolder(roots) : (roots[0] ?? workspace)
  return files.map((from) => ({ from, to: from === root ? basename(from) : relative(root, from) }))
}
