import { input } from './input.ts'

/** The inputs of every action that calls AWS. The first two can be set once for all steps, as environment variables. */
export const awsInputs = {
  'aws-region': input.matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region such as eu-central-1', {
    help: 'Region of all AWS calls. Falls back to the environment variable AWS_REGION.',
  }),
  'role-to-assume': input.role({
    help: 'Role to assume with the GitHub OIDC token of this job, again and again while the action waits. Falls back to AWS_ROLE_TO_ASSUME; without either, the ambient credentials are used.',
  }),
  'dry-run': input.boolean({
    help: 'Check everything and show what would be done, but change nothing.',
    default: 'false',
  }),
} as const
