import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../../..')
const project = join(import.meta.dirname, 'fixtures/project')

/** What of this repository a caller of the pipeline has: workflows, actions, and what serves the project of its own. */
const KEPT = ['.github', 'actions', 'action.yml', 'package.json', 'examples/retail/k8s', 'examples/retail/checks*.yml']

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

/**
 * A repository with the very workflow files of this one, in which the example is small enough to be run many times. It
 * uses the bundles of this checkout.
 */
export const scratchRepository = (changes: Readonly<Record<string, string>> = {}): ScratchRepository => {
  const folder = mkdtempSync(join(tmpdir(), 'repository-'))
  const tracked = git(root, 'ls-files', '-co', '--exclude-standard', '--', ...KEPT).split('\n')
  for (const path of tracked) cpSync(join(root, path), join(folder, path))
  cpSync(project, join(folder, 'examples/retail'), { recursive: true })
  const requirements = 'examples/retail/requirements-dev.txt'
  cpSync(join(root, requirements), join(folder, requirements))
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
