import { execFileSync } from 'node:child_process'

// A hook that runs git hands its own repository on by these; ours is named by a folder.
const withoutGitVariables = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')))

/** Runs git in a folder and returns what it printed. Throws with git's own message. */
export const git = (folder: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-C', folder, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 256 * 1024 * 1024,
    env: { ...withoutGitVariables(), GIT_OPTIONAL_LOCKS: '0' },
  })

/** Like `git`, but undefined when git fails. */
export const tryGit = (folder: string, ...args: readonly string[]): string | undefined => {
  try {
    return git(folder, ...args)
  } catch {
    return undefined
  }
}

/** The paths that differ between two commits; a rename counts as both. Undefined when a commit is unknown. */
export const changedBetween = (folder: string, base: string, head: string): readonly string[] | undefined =>
  tryGit(folder, 'diff', '--name-only', '--no-renames', '-z', base, head)
    ?.split('\0')
    .filter((path) => path !== '')
