import type { ECRClientConfig } from '@aws-sdk/client-ecr'
import { ActionError, type EcrRepository } from '@mlops/core'
import type { NodeHttpHandler } from '@smithy/node-http-handler'

/** What a session of AWS lends to this room, which may not know it. */
export interface EcrAccess {
  readonly config: ECRClientConfig & { readonly requestHandler: NodeHttpHandler }
  /** Repeats a call while its error can pass by itself. */
  readonly retry: <T>(call: () => Promise<T>) => Promise<T>
  /** Whether AWS refused the request itself, rather than being out of reach, throttling or denying it. */
  readonly isRefusal: (error: unknown) => boolean
  readonly failed: (error: unknown, doing: string) => ActionError
  readonly signal: AbortSignal
}

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** The members by which requests name a repository. */
export const inRepository = ({ account, name }: EcrRepository) => ({ registryId: account, repositoryName: name })

const noRepository = ({ name, account, region }: EcrRepository, error: unknown) =>
  new ActionError({
    code: 'E-IMAGE',
    kind: 'user',
    what: `there is no repository ${name} in the registry of ${account}, ${region}`,
    why: messageOf(error),
    hint: 'check its name, or create it with the tag mutability IMMUTABLE_WITH_EXCLUSION for latest-*',
    cause: error,
  })

/** The error of a failed call on a repository in the suite's own form. */
export const toImageError = (
  { failed, isRefusal }: EcrAccess,
  error: unknown,
  doing: string,
  repository: EcrRepository,
): ActionError => {
  if (error instanceof ActionError) return error
  if (nameOf(error) === 'RepositoryNotFoundException') return noRepository(repository, error)
  if (!isRefusal(error)) return failed(error, doing)
  return new ActionError({
    code: 'E-IMAGE',
    kind: 'remote',
    what: `${doing} failed with ${nameOf(error)}`,
    why: messageOf(error),
    hint: 'look at the repository; run the job again when nothing is wrong with it',
    cause: error,
  })
}
