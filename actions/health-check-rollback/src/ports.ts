import { type Context, kubeconfigText } from '@mlops/action-kit'
import {
  awsSession,
  cloudWatchAlarms,
  describeEksCluster,
  ecrAccess,
  eksToken,
  knownRegion,
  type Locations,
  locations,
  modelRegistry,
  s3Objects,
} from '@mlops/aws'
import type { Alarms, Cluster, ImageRegistry, ModelRegistry } from '@mlops/core'
import { ecrRegistry } from '@mlops/image'
import { type ClusterContext, type ClusterTarget, connectCluster } from '@mlops/kubernetes'
import type { Inputs } from './spec.ts'

/** What of AWS a step can ask. */
export interface Aws {
  readonly region: string
  readonly registry: ModelRegistry
  readonly places: Locations
  readonly alarms: Alarms
  readonly imagesIn: (region: string) => ImageRegistry
}

export interface Ports {
  /** The cluster, as long as the context's signal lets it be asked. */
  readonly connect: (context: ClusterContext) => Promise<Cluster>
  /** Undefined when no region of AWS is known: another cluster than one of EKS can do without. */
  readonly aws: Aws | undefined
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
  const region = knownRegion(awsRegion, context.environment)

  const targetOf = async (): Promise<ClusterTarget> => {
    if (cluster === undefined) return { kind: 'kubeconfig', text: kubeconfigText(kubeconfig, context) }
    const session = sessionIn(region)
    return { kind: 'eks', ...(await describeEksCluster(session, cluster)), token: eksToken(session, cluster) }
  }

  const openAws = (of: string): Aws => {
    const session = sessionIn(of)
    return {
      region: of,
      registry: modelRegistry(session, context),
      places: locations(s3Objects(session, context), context),
      alarms: cloudWatchAlarms(session, context),
      imagesIn: (other) => ecrRegistry(ecrAccess(sessionIn(other), context)),
    }
  }
  return {
    connect: async (clusterContext) => connectCluster(await targetOf(), clusterContext),
    aws: region === undefined ? undefined : openAws(region),
  }
}
