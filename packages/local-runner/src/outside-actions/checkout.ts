import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { git } from '../git.ts'
import { type OutsideAction, readBoolean } from './outside-action.ts'

const copyEntry = (from: string, to: string) => {
  mkdirSync(dirname(to), { recursive: true })
  if (lstatSync(from).isSymbolicLink()) {
    rmSync(to, { force: true })
    symlinkSync(readlinkSync(from), to)
  } else copyFileSync(from, to)
}

const copyTree = (repo: string, target: string): number => {
  const listed = git(repo, 'ls-files', '-z', '--cached', '--others', '--exclude-standard')
  const paths = listed.split('\0').filter((path) => path !== '' && existsSync(join(repo, path)))
  // A submodule is listed as its folder, and would be empty after a checkout without `submodules` too.
  const files = paths.filter((path) => !lstatSync(join(repo, path)).isDirectory())
  for (const path of files) copyEntry(join(repo, path), join(target, path))
  return files.length
}

// A repository of its own that borrows the objects: git works in the workspace, and nothing done there reaches the
// original. https://git-scm.com/docs/gitrepository-layout (objects/info/alternates)
const borrowHistory = (repo: string, target: string, sha: string, ref: string) => {
  const objects = resolve(repo, git(repo, 'rev-parse', '--git-path', 'objects').trim())
  git(target, 'init', '--quiet', '--initial-branch', 'main')
  writeFileSync(join(target, '.git/objects/info/alternates'), `${objects}\n`)
  if (ref.startsWith('refs/heads/')) {
    git(target, 'update-ref', ref, sha)
    git(target, 'symbolic-ref', 'HEAD', ref)
  } else git(target, 'update-ref', '--no-deref', 'HEAD', sha)
  git(target, 'read-tree', 'HEAD')
}

export const checkout: OutsideAction = {
  emulation:
    'copies the tracked files and the untracked ones that are not ignored, as they are on disk; history borrowed',
  inputs: ['path', 'clean'],
  meaningless: ['persist-credentials', 'fetch-depth', 'fetch-tags', 'show-progress', 'token', 'set-safe-directory'],
  perform: async ({ scope, print }, inputs) => {
    const { run, workspace } = scope.job
    const target = resolve(workspace, inputs.get('path') ?? '.')
    if (readBoolean('clean', inputs.get('clean'), true)) rmSync(join(target, '.git'), { recursive: true, force: true })
    mkdirSync(target, { recursive: true })
    const files = copyTree(run.repo, target)
    borrowHistory(run.repo, target, run.event.sha, run.event.ref)
    print(`Copied ${files} files at ${run.event.sha}`)
    return { failed: false, outputs: { ref: run.event.ref, commit: run.event.sha } }
  },
}
