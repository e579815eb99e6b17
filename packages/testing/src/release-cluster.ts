import { readFileSync } from 'node:fs'
import { DEPLOYERS } from '@mlops/action-kit/gen'
import { ENVIRONMENTS, type EnvironmentName } from '@mlops/core'
import type { LocalCloud } from '@mlops/local-cloud'
import { type Cluster, type KubernetesObject, startCluster } from '@mlops/local-cluster'
import { CLUSTER_NAME, DEPLOY_ROLE_PREFIX, NODE_CREDENTIALS } from './account.ts'
import { type AnyObject, grant, isClusterWide, publishedRoles } from './cluster-world.ts'

/** Where the pipeline releases the example to. */
export const namespaceOfEnvironment = (environment: EnvironmentName): string => `basket-sensitivity-${environment}`

/** Who may release to one environment of a cluster that several share. */
const groupOf = (environment: EnvironmentName) => `${DEPLOYERS}-${environment}`

const boundTo = (group: string, object: KubernetesObject): AnyObject =>
  object.kind === 'RoleBinding'
    ? { ...object, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }] }
    : { ...object }

const setUp = async (cluster: Cluster): Promise<void> => {
  const roles = publishedRoles()
  await grant(cluster, roles.filter(isClusterWide))
  const inNamespaces = roles.filter((role) => !isClusterWide(role))
  for (const environment of ENVIRONMENTS) {
    const name = namespaceOfEnvironment(environment)
    await cluster.api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    await grant(
      cluster,
      inNamespaces.map((object) => boundTo(groupOf(environment), object)),
      name,
    )
  }
}

export interface ReleaseClusterOptions {
  readonly cloud: LocalCloud
  /** Of `ensureBinary`. */
  readonly binary: string
  /** Interpreter of pods that start a `python`. */
  readonly python: string
}

/**
 * Starts a cluster beside a local cloud, as docs/quickstart.md sets one up for all environments: a namespace for each, in
 * which only the role of its releases has the published rights, and no more.
 */
export const startReleaseCluster = async ({ cloud, binary, python }: ReleaseClusterOptions): Promise<Cluster> => {
  const cluster = await startCluster({
    binary,
    images: { kind: 'ecr', endpoint: cloud.endpoint, credentials: NODE_CREDENTIALS },
    interpreters: { python },
    eks: {
      stsEndpoint: cloud.endpoint,
      clusterName: CLUSTER_NAME,
      accessEntries: ENVIRONMENTS.map((environment) => ({
        roleArn: `${DEPLOY_ROLE_PREFIX}-${environment}`,
        groups: [DEPLOYERS, groupOf(environment)],
      })),
    },
  })
  try {
    await setUp(cluster)
    const certificateAuthority = readFileSync(cluster.caFile, 'utf8')
    await cloud.control.setCluster(CLUSTER_NAME, { endpoint: cluster.endpoint, certificateAuthority })
    return cluster
  } catch (error) {
    cluster.down()
    throw error
  }
}
