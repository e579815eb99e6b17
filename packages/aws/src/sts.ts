// The only file that loads the STS client: it is imported late, and the bundle keeps just these commands.
export { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
