import { ActionError, type RunIdentity } from '@mlops/core'

export interface GitHub {
  /**
   * Paths that differ between two commits, oldest API limits included: undefined when GitHub does not know one of the
   * commits or lists no more than a part of the files (300 at most, REST API "Compare two commits").
   */
  readonly changedPaths: (base: string, head: string) => Promise<readonly string[] | undefined>
  /** Keeps one comment on a pull request: the one that begins with `mark` gets this body, or is written if there is none. */
  readonly upsertComment: (pull: number, mark: string, body: string) => Promise<void>
}

const LIST_LIMIT = 300
const PAGE = 100

const statusOf = (error: unknown) =>
  typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined

interface Wish {
  readonly what: string
  readonly permission: string
}

const apiError = (error: unknown, token: string, { what, permission }: Wish) =>
  new ActionError({
    code: 'E-GITHUB',
    kind: 'user',
    what: `GitHub could not ${what}: ${error instanceof Error ? error.message : String(error)}`,
    why: token === '' ? 'no token was given' : `the token may lack ${permission}, as in a run from a fork`,
    hint: `give the job \`permissions: { ${permission} }\` and leave github-token at its default`,
    cause: error,
  })

interface Written {
  readonly body?: string
  readonly user: { readonly type: string } | null
  readonly author_association?: string
}

const MAINTAINERS: ReadonlySet<string> = new Set(['OWNER', 'MEMBER', 'COLLABORATOR'])

/** Anybody can write the mark into a comment of theirs; only one that an app or a maintainer wrote is taken for ours. */
const isOurs = (mark: string, { body, user, author_association: association = '' }: Written) =>
  body?.startsWith(mark) === true && (user?.type === 'Bot' || MAINTAINERS.has(association))

/** GitHub's REST API for this repository, through the proxy of the environment, also on GitHub Enterprise Server. */
export const gitHub = (token: string, { repository, apiUrl }: RunIdentity): GitHub => {
  const [owner = '', repo = ''] = repository.split('/')
  const connect = async () => {
    const { getOctokit } = await import('./octokit.ts')
    return getOctokit(token, { baseUrl: apiUrl })
  }
  type Octokit = Awaited<ReturnType<typeof connect>>

  const findComment = async ({ paginate, rest }: Octokit, issue_number: number, mark: string) => {
    const pages = paginate.iterator(rest.issues.listComments, { owner, repo, issue_number, per_page: PAGE })
    for await (const { data } of pages) {
      const found = data.find((comment) => isOurs(mark, comment))
      if (found !== undefined) return found
    }
    return undefined
  }

  return {
    changedPaths: async (base, head) => {
      try {
        const octokit = await connect()
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
        throw apiError(error, token, { what: 'compare two commits', permission: 'contents: read' })
      }
    },
    upsertComment: async (pull, mark, body) => {
      try {
        const octokit = await connect()
        const found = await findComment(octokit, pull, mark)
        if (found?.body === body) return
        await (found === undefined
          ? octokit.rest.issues.createComment({ owner, repo, issue_number: pull, body })
          : octokit.rest.issues.updateComment({ owner, repo, comment_id: found.id, body }))
      } catch (error) {
        throw apiError(error, token, { what: 'keep the comment', permission: 'pull-requests: write' })
      }
    },
  }
}
