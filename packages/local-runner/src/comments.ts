// Comments of pull requests: https://docs.github.com/en/rest/issues/comments
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** A comment, as far as the REST API's answer is imitated. */
export interface Comment {
  readonly id: number
  readonly issue: number
  readonly body: string
  readonly createdAt: string
  readonly updatedAt: string
  /** The account that wrote it: the job's token, or a person. */
  readonly user: { readonly login: string; readonly type: 'Bot' | 'User' }
  readonly association: string
}

const TOKEN_USER = { login: 'github-actions[bot]', type: 'Bot' } as const

export interface Comments {
  readonly of: (issue: number) => readonly Comment[]
  readonly create: (issue: number, body: string, by?: Pick<Comment, 'user' | 'association'>) => Comment
  /** Undefined when there is no such comment. */
  readonly update: (id: number, body: string) => Comment | undefined
}

/** Comments that are kept in a file, so that the next run of a pull request finds those of the last one. */
export const createComments = (path: string): Comments => {
  const all: Comment[] = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Comment[]) : []
  const keep = (comment: Comment): Comment => {
    const index = all.findIndex(({ id }) => id === comment.id)
    all.splice(index === -1 ? all.length : index, 1, comment)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${JSON.stringify(all, undefined, 2)}\n`)
    return comment
  }
  return {
    of: (issue) => all.filter((comment) => comment.issue === issue),
    create: (issue, body, by = { user: TOKEN_USER, association: 'NONE' }) => {
      const now = new Date().toISOString()
      return keep({ id: all.length + 1, issue, body, createdAt: now, updatedAt: now, ...by })
    },
    update: (id, body) => {
      const comment = all.find((each) => each.id === id)
      return comment === undefined ? undefined : keep({ ...comment, body, updatedAt: new Date().toISOString() })
    },
  }
}
