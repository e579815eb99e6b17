import { randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEPLOYERS } from '@mlops/action-kit/gen'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  ApiError,
  type Cluster,
  type ClusterCall,
  type ClusterOptions,
  ensureBinary,
  type KubernetesObject,
  pathOf,
  startCluster,
} from '@mlops/local-cluster'
import { parseAllDocuments } from 'yaml'
import { CI_ROLE, CLUSTER_NAME, NODE_CREDENTIALS } from './account.ts'
import { openWorld, type World, type WorldOptions } from './world.ts'

const root = join(import.meta.dirname, '../../..')

/** Who a step is to the cluster when it comes with a kubeconfig. */
const DEPLOYER = 'deployer'
const STEP_SESSION = `:assumed-role/${CI_ROLE.split('/').at(-1) ?? ''}/`
const isOfStep = ({ user }: ClusterCall) => user === DEPLOYER || user.includes(STEP_SESSION)

const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch'])
/** Reviews ask what the caller may do; they are written nowhere. */
const isWrite = ({ verb, apiGroup, path }: ClusterCall) =>
  !READS.has(verb) && apiGroup !== 'authorization.k8s.io' && !/[?&]dryRun=/.test(path)

const API_VERSIONS = {
  ConfigMap: 'v1',
  CronJob: 'batch/v1',
  DaemonSet: 'apps/v1',
  Deployment: 'apps/v1',
  Event: 'v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  Ingress: 'networking.k8s.io/v1',
  Job: 'batch/v1',
  Lease: 'coordination.k8s.io/v1',
  LimitRange: 'v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  Pod: 'v1',
  PodDisruptionBudget: 'policy/v1',
  ReplicaSet: 'apps/v1',
  ResourceQuota: 'v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  Secret: 'v1',
  Service: 'v1',
  ServiceAccount: 'v1',
  StatefulSet: 'apps/v1',
} as const satisfies Readonly<Record<string, string>>

export type NamespacedKind = keyof typeof API_VERSIONS

/** Any object as JSON; a test says what it expects to find in it. */
export type AnyObject = KubernetesObject & { readonly [field: string]: unknown }

export interface ServiceAnswer {
  readonly status: number
  /** JSON when it is, else text. */
  readonly body: unknown
}

/** A namespace of one test, and the eyes and hands of an administrator in it. */
export interface Namespace {
  readonly name: string
  /** Path of an object in the API. */
  readonly path: (kind: NamespacedKind, name?: string) => string
  readonly create: (...objects: readonly object[]) => Promise<void>
  /** Undefined when there is none. */
  readonly get: <T = AnyObject>(kind: NamespacedKind, name: string) => Promise<T | undefined>
  readonly list: <T = AnyObject>(kind: NamespacedKind) => Promise<readonly T[]>
  /** Changes an object as somebody else would: by a merge patch. */
  readonly edit: (kind: NamespacedKind, name: string, patch: object) => Promise<void>
  readonly remove: (kind: NamespacedKind, name: string) => Promise<void>
  /** Asks a service (`name:port`) through the API server; with a body it is posted. */
  readonly ask: (service: string, path: string, body?: unknown) => Promise<ServiceAnswer>
  /** What steps asked of the cluster here. */
  readonly calls: () => readonly ClusterCall[]
  /** Those that may have changed something. */
  readonly writes: () => readonly ClusterCall[]
}

/** A local AWS with a local cluster that its roles log in to, under the published rights, and an administrator's eyes. */
export interface ClusterWorld extends World {
  readonly cluster: Cluster
  readonly clusterName: string
  /** For steps without EKS: a kubeconfig of somebody with the same rights. */
  readonly kubeconfig: string
  /** What an administrator has in their environment: with the cluster's own kubeconfig, for steps that only prepare. */
  readonly administrator: Readonly<Record<string, string>>
  /** A new namespace, in which the group of those who deploy has the published rights. */
  readonly namespace: () => Promise<Namespace>
  /** What steps asked of the cluster. */
  readonly clusterCalls: () => readonly ClusterCall[]
  /** Where EKS says from now on that the cluster is: at a proxy before it, for example. */
  readonly describeAt: (endpoint: string) => Promise<void>
}

export interface ClusterWorldOptions
  extends Omit<WorldOptions, 'python'>, Pick<ClusterOptions, 'auditRules' | 'backOffMs' | 'capacity'> {
  /** Interpreter of jobs and of pods that name one; that of the local cloud by default. */
  readonly python?: string
}

/** The published roles of one action or of all. */
export const publishedRoles = (action = '*'): readonly KubernetesObject[] =>
  globSync(join(root, 'docs/iam', `${action}.role.yaml`))
    .toSorted()
    .flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')))
    .map((document) => document.toJS() as KubernetesObject)

export const isClusterWide = ({ kind = '' }: KubernetesObject) => kind.startsWith('Cluster')

const at = (object: KubernetesObject, namespace: string): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, namespace },
})

/** What is asked for: `list pods`, `create pods/eviction`. */
const rightOf = ({ verb, resource, subresource }: ClusterCall) =>
  `${verb} ${subresource === '' ? resource : `${resource}/${subresource}`}`

const unlessAbsent = (error: unknown): undefined => {
  if (error instanceof ApiError && error.status === 404) return undefined
  throw error
}

const namespaceOf = (cluster: Cluster, name: string): Namespace => {
  const { api } = cluster
  const path = (kind: NamespacedKind, object?: string) =>
    pathOf({ apiVersion: API_VERSIONS[kind], kind, namespace: name, ...(object === undefined ? {} : { name: object }) })
  const calls = () => cluster.calls().filter((call) => call.namespace === name && isOfStep(call))
  return {
    name,
    path,
    create: async (...objects) => {
      for (const object of objects as readonly KubernetesObject[])
        await api.create(pathOf({ ...object, namespace: name }), at(object, name))
    },
    get: (kind, object) => api.get<never>(path(kind, object)).catch(unlessAbsent),
    list: async <T>(kind: NamespacedKind) => (await api.get<{ readonly items: readonly T[] }>(path(kind))).items,
    edit: async (kind, object, patch) => void (await api.patch(path(kind, object), 'merge', patch)),
    remove: (kind, object) => api.remove(path(kind, object)),
    ask: async (service, asked, body) => {
      const proxied = `/api/v1/namespaces/${name}/services/${service}/proxy${asked}`
      const sent = body === undefined ? api.get<unknown>(proxied) : api.create<unknown>(proxied, body)
      return sent.then(
        (found) => ({ status: 200, body: found }),
        (error: unknown) => {
          if (error instanceof ApiError) return { status: error.status, body: error.message }
          throw error
        },
      )
    },
    calls,
    writes: () => calls().filter(isWrite),
  }
}

export const grant = async (
  cluster: Cluster,
  objects: readonly KubernetesObject[],
  namespace?: string,
): Promise<void> => {
  for (const object of objects)
    await cluster.api.create(pathOf({ ...object, namespace }), namespace === undefined ? object : at(object, namespace))
}

const startWorldsCluster = async (world: World, options: ClusterWorldOptions, python: string): Promise<Cluster> =>
  startCluster({
    binary: await ensureBinary({ progress: (line) => void process.stderr.write(`${line}\n`) }),
    images: { kind: 'ecr', endpoint: world.cloud.endpoint, credentials: NODE_CREDENTIALS },
    interpreters: { node: process.execPath, python },
    backOffMs: options.backOffMs ?? 500,
    ...(options.capacity === undefined ? {} : { capacity: options.capacity }),
    ...(options.auditRules === undefined ? {} : { auditRules: options.auditRules }),
    users: { [DEPLOYER]: [DEPLOYERS] },
    eks: {
      stsEndpoint: world.cloud.endpoint,
      clusterName: CLUSTER_NAME,
      accessEntries: [{ roleArn: CI_ROLE, groups: [DEPLOYERS] }],
    },
  })

/** Notes while the API server is started again: until it has read the roles, it denies what they grant. */
const withOutages = (cluster: Cluster) => {
  const outages: { readonly from: number; readonly to: number }[] = []
  return {
    cluster: {
      ...cluster,
      restartApiServer: async () => {
        const from = Date.now()
        await cluster.restartApiServer()
        outages.push({ from, to: Date.now() })
      },
    },
    wasOut: ({ time }: ClusterCall) =>
      outages.some(({ from, to }) => Date.parse(time) >= from && Date.parse(time) <= to),
  }
}

/** Brings a world with a cluster up, in about ten seconds. Close it: it is processes of its own. */
export const openClusterWorld = async (options: ClusterWorldOptions = {}): Promise<ClusterWorld> => {
  const { denied: expected = [], python = prepareLocalCloud() } = options
  const world = await openWorld({ action: '*', ...options, python })
  const started = await startWorldsCluster(world, options, python).catch(async (error: unknown) => {
    await world.close()
    throw error
  })
  const { cluster, wasOut } = withOutages(started)
  const describeAt = (endpoint: string) =>
    world.control.setCluster(CLUSTER_NAME, { endpoint, certificateAuthority: readFileSync(cluster.caFile, 'utf8') })
  await describeAt(cluster.endpoint)
  const roles = publishedRoles(options.action)
  await grant(cluster, roles.filter(isClusterWide))
  const path = `${cluster.bin}:${process.env['PATH'] ?? ''}`
  const environmentOf = (subject: string) => ({ ...world.environmentOf(subject), PATH: path })
  const clusterCalls = () => cluster.calls().filter(isOfStep)
  return {
    ...world,
    environment: { ...world.environment, PATH: path },
    environmentOf,
    cluster,
    clusterName: CLUSTER_NAME,
    kubeconfig: cluster.asUser(DEPLOYER).kubeconfig,
    administrator: {
      AWS_ENDPOINT_URL: world.cloud.endpoint,
      AWS_REGION: world.environment['AWS_REGION'] ?? '',
      AWS_ACCESS_KEY_ID: 'AKIALOCALADMIN000000',
      AWS_SECRET_ACCESS_KEY: 'local-admin',
      // Takes away what a step has by default.
      AWS_ROLE_TO_ASSUME: '',
      PATH: path,
    },
    clusterCalls,
    describeAt,
    namespace: async () => {
      const name = `test-${randomBytes(4).toString('hex')}`
      await cluster.api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
      await grant(
        cluster,
        roles.filter((role) => !isClusterWide(role)),
        name,
      )
      return namespaceOf(cluster, name)
    },
    close: async () => {
      const denied = clusterCalls().filter((call) => !call.granted && !wasOut(call))
      const lacking = new Set(denied.map(rightOf))
      cluster.down()
      await world.close()
      const unexpected = [...lacking].filter((right) => !expected.includes(right))
      if (unexpected.length > 0) throw new Error(`the cluster denied steps to ${unexpected.join(', ')}`)
    },
  }
}
