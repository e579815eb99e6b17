import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { ActionError } from '@mlops/core'
import { type IsIgnored, readIgnorePatterns } from './ignore-patterns.ts'
import { isWhiteout, type TreeFile, treeFile } from './tree.ts'

/** What never belongs to a service: version control, caches, environments. */
const LEFT_OUT = new Set([
  '.git',
  '.venv',
  '__pycache__',
  '.pytest_cache',
  '.ruff_cache',
  '.mypy_cache',
  'node_modules',
])
const IGNORE_FILE = '.dockerignore'

const refuse = (what: string, why: string, hint: string) =>
  new ActionError({ code: 'E-SOURCE', kind: 'user', what, why, hint })

const rootOf = (folder: string): string => {
  if (existsSync(folder) && statSync(folder).isDirectory()) return realpathSync(folder)
  throw refuse(
    `the context ${folder} does not exist`,
    'the checkout has no such folder',
    'check the path, and that a checkout step runs before',
  )
}

const ignoreRules = (root: string): IsIgnored => {
  const file = join(root, IGNORE_FILE)
  if (!existsSync(file)) return () => false
  const read = readIgnorePatterns(readFileSync(file, 'utf8'))
  if (read.kind === 'ok') return read.isIgnored
  throw refuse(
    `line ${read.line} of ${IGNORE_FILE} is not understood`,
    'character classes, backslashes and .. are not read here, and to leave too little out could show a secret',
    'write the names out, with * and ?',
  )
}

const walk = (root: string, folder: string, isIgnored: IsIgnored): readonly TreeFile[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (LEFT_OUT.has(entry.name) || entry.name.endsWith('.pyc') || path === IGNORE_FILE) return []
    // An exception may keep something of a folder that is left out, so folders are looked into all the same.
    if (entry.isDirectory()) return walk(root, path, isIgnored)
    return isIgnored(path) ? [] : [fileAt(root, path)]
  })

const fileAt = (root: string, path: string): TreeFile => {
  const real = realpathSync(join(root, path))
  const found = statSync(real)
  if (!real.startsWith(root + sep) || !found.isFile())
    throw refuse(
      `${path} can't be a part of the image`,
      found.isFile() ? 'it is a link that leads out of the context' : 'it is no plain file',
      'copy the file into the folder, or leave it out in .dockerignore',
    )
  if (isWhiteout(path))
    throw refuse(`${path} can't be a part of the image`, 'a name with .wh. deletes files of the base', 'rename it')
  return treeFile(root, path, found.size, (found.mode & 0o100) !== 0)
}

/**
 * The files of a build context that belong into the image. Throws E-SOURCE when the folder is missing, holds none, its
 * .dockerignore is not understood, or a file leads out of it.
 */
export const contextFiles = (folder: string): readonly TreeFile[] => {
  const root = rootOf(folder)
  const files = walk(root, '', ignoreRules(root))
  if (files.length > 0) return files
  throw refuse(`the context ${folder} holds no file`, 'an image of nothing can serve nothing', 'check the path')
}

/** Whether a context is built by an engine. */
export const hasDockerfile = (folder: string): boolean => existsSync(join(folder, 'Dockerfile'))
