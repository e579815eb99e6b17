import { ActionError, type RunIdentity } from '@mlops/core'

export interface GitHub {
  /**
   * Paths that differ between two commits, oldest API limits included: undefined when GitHub does not know one of the
   * commits or lists no more than a part of the files (300 at most, REST API "Compare two commits").
   */
  readonly changedPaths: (base: string, head: string) => Promise<readonly string[] | undefined>
}

const LIST_LIMIT = 300
const statusOf = (error: unknown) =>
  typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined

const apiError = (error: unknown, token: boolean) =>
  new ActionError({
    code: 'E-GITHUB',
    kind: 'user',
    what: `GitHub could not compare two commits: ${error instanceof Error ? error.message : String(error)}`,
    why: token ? 'the token may lack contents: read' : 'no token was given',
    hint: 'give the job `permissions: { contents: read }` and leave github-token at its default',
    cause: error,
  })

/** GitHub's REST API for this repository, through the proxy of the environment, also on GitHub Enterprise Server. */
export const gitHub = (token: string, { repository, apiUrl }: RunIdentity): GitHub => {
  const [owner = '', repo = ''] = repository.split('/')
  return {
    changedPaths: async (base, head) => {
      try {
        const { getOctokit } = await import('./octokit.ts')
        const octokit = getOctokit(token, { baseUrl: apiUrl })
        const basehead = `${base}...${head}`
        const { data } = await octokit.rest.repos.compareCommitsWithBasehead({ owner, repo, basehead })
        const files = data.files ?? []
        return files.length >= LIST_LIMIT
          ? undefined
          : files.flatMap(({ filename, previous_filename: previous }) =>
              previous === undefined ? [filename] : [filename, previous],
            )
      } catch (error) {
        if (statusOf(error) === 404) return undefined
        throw apiError(error, token !== '')
      }
    },
  }
}
