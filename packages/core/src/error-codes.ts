/**
 * Every code that an action can end with, and the sentence that docs/troubleshooting.md opens its section with.
 * A code is part of the public interface: it is never renamed or re-used.
 */
export const ERROR_CODES = {
  'E-INPUT': 'An input is missing or malformed.',
  'E-EMPTY': 'An input that must name something is empty, usually because a job output was dropped.',
  'E-BUG': 'The action itself failed in a way nobody foresaw.',
  'E-CANCELLED': 'The run was cancelled.',
  'E-ASSUME-ROLE': 'The role could not be assumed.',
  'E-NO-CREDENTIALS': 'No AWS credentials were found.',
  'E-CREDS': 'The credentials expired and could not be renewed.',
  'E-ACCESS': 'AWS denied a call.',
  'E-REGION': 'No AWS region is known.',
  'E-ACCOUNT': 'The credentials belong to another account than expected.',
  'E-NO-DATA': 'An input location holds no object.',
  'E-BUCKET': 'A bucket cannot be reached.',
  'E-SOURCE': 'The source folder or its entry point cannot be packed.',
  'E-REQUEST': 'AWS refused the request as invalid.',
  'E-QUOTA': 'A service quota does not allow the job.',
  'E-CAPACITY': 'AWS has no capacity for any of the instance types.',
  'E-MAX-COST': 'The job could cost more than allowed.',
  'E-USER-CODE': "The job's own code failed.",
  'E-JOB-FAILED': 'The job failed for a reason outside its code.',
  'E-JOB-TIMEOUT': 'The job ran into its own time limit.',
  'E-JOB-STOPPED': 'Somebody stopped the job.',
  'E-STILL-RUNNING': 'The wait ended before the job did; the job goes on.',
  'E-LOST': 'AWS could not be asked about the job for too long.',
  'E-ARTIFACT': 'The job completed, but its result is not there.',
  'E-PUBLISH': 'The result could not be published as the newest one.',
  'E-NO-JOB': 'The job to attach to does not exist.',
  'E-NETWORK': 'AWS cannot be reached.',
  'E-EVENT': 'The event asks for something this pipeline does not know.',
  'E-GITHUB': "GitHub's API refused or failed.",
} as const satisfies Readonly<Record<`E-${string}`, string>>

export type ErrorCode = keyof typeof ERROR_CODES
