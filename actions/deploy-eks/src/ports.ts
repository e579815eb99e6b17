import { type Context, kubeconfigText } from '@mlops/action-kit'
import { awsSession, describeEksCluster, ecrAccess, eksToken, knownRegion } from '@mlops/aws'
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
  const targetOf = async (): Promise<ClusterTarget> => {
    if (cluster === undefined) return { kind: 'kubeconfig', text: kubeconfigText(kubeconfig, context) }
    const session = sessionIn(awsRegion)
    return { kind: 'eks', ...(await describeEksCluster(session, cluster)), token: eksToken(session, cluster) }
  }
  return {
    connect: async (clusterContext) => connectCluster(await targetOf(), clusterContext),
    imagesIn: (region) =>
      knownRegion(awsRegion, context.environment) === undefined
        ? undefined
        : ecrRegistry(ecrAccess(sessionIn(region), context)),
  }
}
