import { ActionError, type ErrorFacts } from '@mlops/core'
import { classify } from './classify.ts'

const messageOf = (error: unknown) => (error instanceof Error && error.message !== '' ? error.message : String(error))
const nameOf = (error: unknown) => (error instanceof Error ? error.name : 'Error')

type Cause = Pick<ErrorFacts, 'code' | 'kind' | 'why' | 'hint'>

const denied = (message: string): Cause => ({
  code: 'E-ACCESS',
  kind: 'user',
  why: message,
  hint: "compare the role's policy with docs/iam of this action",
})

const CAUSES: Readonly<Record<ReturnType<typeof classify>, (message: string) => Cause>> = {
  transient: (message) => ({
    code: 'E-NETWORK',
    kind: 'remote',
    why: `AWS kept failing or throttling: ${message}`,
    hint: 'run the job again; it attaches to what is there',
  }),
  network: (message) => ({
    code: 'E-NETWORK',
    kind: 'remote',
    why: `no answer: ${message}`,
    hint: 'check proxy, endpoint and DNS of the runner (docs/network.md)',
  }),
  creds: (message) => ({
    code: 'E-CREDS',
    kind: 'user',
    why: `${message}; credentials that come from the environment cannot be renewed`,
    hint: 'pass role-to-assume and grant id-token: write, so that the action renews them itself',
  }),
  quota: (message) => ({
    code: 'E-QUOTA',
    kind: 'remote',
    why: message,
    hint: 'name another instance type, or ask for more in Service Quotas',
  }),
  denied,
  'not-found': (message) => ({ code: 'E-REQUEST', kind: 'user', why: message, hint: 'check the name and the region' }),
  'in-use': (message) => ({ code: 'E-REQUEST', kind: 'user', why: message, hint: 'choose another name' }),
  invalid: (message) => ({
    code: 'E-REQUEST',
    kind: 'user',
    why: message,
    hint: 'correct the inputs that AWS names',
  }),
  conflict: (message) => ({ code: 'E-REQUEST', kind: 'remote', why: message, hint: 'run the job again' }),
  unknown: (message) => ({
    code: 'E-REQUEST',
    kind: 'remote',
    why: message,
    hint: 'look the error up in the API reference',
  }),
}

/**
 * The error of a failed AWS call in the suite's own form.
 *
 * @param doing what was being done, as "listing s3://bucket/prefix"
 */
export const toActionError = (error: unknown, doing: string): ActionError => {
  if (error instanceof ActionError) return error
  const fault = classify(error)
  const cause = CAUSES[fault](messageOf(error))
  return new ActionError({ ...cause, what: `${doing} failed with ${nameOf(error)}`, cause: error })
}

/** The same for a call on a bucket, which AWS answers curtly when the bucket is somebody else's. */
export const toBucketError = (error: unknown, doing: string, bucket: string): ActionError => {
  const fault = classify(error)
  const message = messageOf(error)
  // A denial by the caller's own policy says so; the owner of a foreign bucket says nothing but "Access Denied".
  const foreign = fault === 'denied' && !message.includes('is not authorized to perform')
  if (!foreign && fault !== 'not-found' && nameOf(error) !== 'PermanentRedirect') return toActionError(error, doing)
  return new ActionError({
    code: 'E-BUCKET',
    kind: 'user',
    what: `${doing} failed with ${nameOf(error)}`,
    why: foreign ? `the bucket ${bucket} belongs to somebody else, or its policy shuts this role out` : message,
    hint: `check the name ${bucket}, its region and its account`,
    cause: error,
  })
}
