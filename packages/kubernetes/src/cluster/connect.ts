import type { Cluster, KubernetesObject } from '@mlops/core'
import { eksConnection } from '../connection/eks.ts'
import type { ClusterContext, ClusterTarget, Connection } from '../connection/target.ts'
import { openWatch } from '../reflector/watch.ts'
import { openApi } from '../transport/api.ts'
import { refusalOf } from '../transport/refusal.ts'
import { openDiscovery } from './discovery.ts'
import { forbidden, unexpected } from './forbidden.ts'
import { listAll } from './list.ts'
import { objectPath } from './paths.ts'
import { askRights } from './rights.ts'
import { askName, readLogs, throughProxy } from './subresources.ts'
import { openWrites } from './writes.ts'

const connectionOf = async (target: ClusterTarget, context: ClusterContext): Promise<Connection> => {
  if (target.kind === 'eks') return eksConnection(target)
  // Late, so that who deploys to EKS loads no parser.
  const { readKubeconfig } = await import('../connection/kubeconfig.ts')
  return readKubeconfig(target.text, context)
}

/**
 * Connects to an API server: nothing is asked of it before somebody asks something. Throws E-INPUT for a kubeconfig that
 * cannot be used.
 */
export const connectCluster = async (target: ClusterTarget, context: ClusterContext): Promise<Cluster> => {
  const api = openApi(await connectionOf(target, context), context)
  const discovery = openDiscovery(api)

  const get: Cluster['get'] = async (reference) => {
    const resource = await discovery(reference)
    if (resource === undefined) return undefined
    const { status, text, document } = await api.call({ method: 'GET', path: objectPath(reference, resource) })
    if (status === 200) return document as KubernetesObject
    if (status === 404) return undefined
    const { message } = refusalOf(status, text)
    const { apiVersion, namespace } = reference
    const where = namespace === undefined ? {} : { namespace }
    if (status === 403) throw forbidden({ verb: 'get', apiVersion, resource: resource.resource, ...where }, message)
    throw unexpected(`reading ${reference.kind} ${reference.name}`, status, message)
  }

  const list: Cluster['list'] = async (selection) => {
    const resource = await discovery(selection)
    return resource === undefined ? [] : (await listAll(api, selection, resource)).objects
  }

  return {
    whoAmI: askName(api),
    kind: discovery,
    get,
    list,
    ...openWrites(api, discovery, get),
    may: askRights(api),
    logs: readLogs(api),
    proxy: throughProxy(api, context.clock),
    watch: openWatch(api, discovery, context),
  }
}
