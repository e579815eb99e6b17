import { ActionError } from '@mlops/core'
import { classify } from './classify.ts'
import { withRetries } from './retries.ts'
import type { AwsSession } from './session.ts'
import { toActionError } from './to-action-error.ts'

/** Where a cluster's API server is, and who answers for it. */
export interface EksCluster {
  /** `https://…` */
  readonly endpoint: string
  /** PEM. */
  readonly certificateAuthority: string
  /** ARN of the session: whom the cluster has to know. */
  readonly caller: () => Promise<string>
}

const unusable = (name: string, why: string, hint: string, cause?: unknown) =>
  new ActionError({ code: 'E-CLUSTER', kind: 'user', what: `the EKS cluster ${name} cannot be used`, why, hint, cause })

const failed = ({ region }: AwsSession, name: string, error: unknown): ActionError =>
  classify(error) === 'not-found'
    ? unusable(
        name,
        `there is none of that name in ${region} for these credentials`,
        'check its name, the region and the account',
        error,
      )
    : toActionError(error, `asking about the EKS cluster ${name}`)

/** Looks a cluster up in the session's account and region. Throws E-CLUSTER when there is none that could be used, E-ACCESS. */
export const describeEksCluster = async (session: AwsSession, name: string): Promise<EksCluster> => {
  const { context } = session
  const { DescribeClusterCommand, EKSClient } = await import('./eks.ts')
  const client = new EKSClient(session.clientConfig('eks'))
  const ask = () => client.send(new DescribeClusterCommand({ name }), { abortSignal: context.signal })
  try {
    const { cluster: { status = '', endpoint = '', certificateAuthority } = {} } = await withRetries(ask, context)
    const data = certificateAuthority?.data ?? ''
    if (endpoint === '' || data === '')
      throw unusable(name, `it is ${status} and has no endpoint`, 'wait until it is ACTIVE, then run the step again')
    return { endpoint, certificateAuthority: Buffer.from(data, 'base64').toString(), caller: session.callerArn }
  } catch (error) {
    context.signal.throwIfAborted()
    throw failed(session, name, error)
  }
}
