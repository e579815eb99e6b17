import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../../..')
const project = join(import.meta.dirname, 'fixtures/project')

/** What of this repository a caller of the pipeline has: the workflows and the actions. */
const KEPT = ['.github', 'actions', 'action.yml', 'package.json']
/** What the project of its own is released by. */
const RELEASED_BY = ['examples/retail/k8s', 'examples/retail/checks*.yml']

export interface ScratchRepository {
  readonly folder: string
  /** Writes files, commits them, and gives the payload of the push. */
  readonly push: (files: Readonly<Record<string, string>>) => { readonly before: string; readonly after: string }
  readonly remove: () => void
}

const git = (folder: string, ...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
    cwd: folder,
    encoding: 'utf8',
  }).trim()

const copyInto = (folder: string, ...paths: readonly string[]) => {
  for (const path of git(root, 'ls-files', '-co', '--exclude-standard', '--', ...paths).split('\n'))
    cpSync(join(root, path), join(folder, path))
}

/**
 * A repository with the very workflow files of this one, which uses the bundles of this checkout. Its project is small
 * enough to be run many times, or else the example itself.
 */
export const scratchRepository = (
  changes: Readonly<Record<string, string>> = {},
  { example = 'small' }: { readonly example?: 'small' | 'whole' } = {},
): ScratchRepository => {
  const folder = mkdtempSync(join(tmpdir(), 'repository-'))
  if (example === 'whole') copyInto(folder, ...KEPT, 'examples')
  else {
    copyInto(folder, ...KEPT, ...RELEASED_BY, 'examples/retail/requirements-dev.txt')
    cpSync(project, join(folder, 'examples/retail'), { recursive: true })
  }
  symlinkSync(join(root, 'dist'), join(folder, 'dist'))
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  }
  write({ '.gitignore': 'dist\n', ...changes })
  git(folder, 'init', '--quiet', '--initial-branch=main')
  const commit = () => {
    git(folder, 'add', '--all')
    git(folder, 'commit', '--quiet', '--message', 'Change')
    return git(folder, 'rev-parse', 'HEAD')
  }
  commit()
  return {
    folder,
    push: (files) => {
      const before = git(folder, 'rev-parse', 'HEAD')
      write(files)
      return { before, after: commit() }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
