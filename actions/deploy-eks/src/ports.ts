import { type Context, kubeconfigText } from '@mlops/action-kit'
import { awsSession, describeEksCluster, ecrAccess, eksToken } from '@mlops/aws'
import type { Cluster, ImageRegistry } from '@mlops/core'
import { ecrRegistry } from '@mlops/image'
import { type ClusterContext, type ClusterTarget, connectCluster } from '@mlops/kubernetes'
import type { Inputs } from './spec.ts'

export interface Ports {
  /** The cluster, as long as the context's signal lets it be asked. */
  readonly connect: (context: ClusterContext) => Promise<Cluster>
  /** The images of a region; undefined when nothing is known of AWS. */
  readonly imagesIn: (region: string) => ImageRegistry | undefined
}

/** The adapters of a run. */
export const ports = (inputs: Inputs, context: Context): Ports => {
  const { awsRegion, roleToAssume, cluster, kubeconfig = '' } = inputs
  const sessionIn = (region: string | undefined) =>
    awsSession({
      ...(region === undefined ? {} : { region }),
      ...(roleToAssume === undefined ? {} : { roleToAssume }),
      context,
    })
  const isAwsKnown =
    cluster !== undefined ||
    [awsRegion, context.environment['AWS_REGION'], context.environment['AWS_DEFAULT_REGION']].some(
      (region) => (region ?? '') !== '',
    )
  const targetOf = async (): Promise<ClusterTarget> => {
    if (cluster === undefined) return { kind: 'kubeconfig', text: kubeconfigText(kubeconfig, context) }
    const session = sessionIn(awsRegion)
    const { endpoint, certificateAuthority, caller } = await describeEksCluster(session, cluster)
    return { kind: 'eks', endpoint, certificateAuthority, token: eksToken(session, cluster), caller }
  }
  const registries = new Map<string, ImageRegistry>()
  const open = (region: string) => {
    const registry = ecrRegistry(ecrAccess(sessionIn(region), context))
    registries.set(region, registry)
    return registry
  }
  return {
    connect: async (clusterContext) => connectCluster(await targetOf(), clusterContext),
    imagesIn: (region) => (isAwsKnown ? (registries.get(region) ?? open(region)) : undefined),
  }
}
