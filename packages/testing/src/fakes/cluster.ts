import { isDeepStrictEqual } from 'node:util'
import {
  type AccessQuestion,
  ActionError,
  type Clock,
  type Cluster,
  type HttpAnswer,
  type KubernetesObject,
  type LogRequest,
  type ObjectKind,
  objectName,
  type ObjectReference,
  type ObjectSelection,
  type ProxyRequest,
  referenceOf,
  type Refusal,
  type Watched,
  type Written,
} from '@mlops/core'
import { patched } from './json-patch.ts'
import { createStore, type ObjectStore, refusal, staleness } from './object-store.ts'
import { isSelected } from './selectors.ts'

const MANAGER = 'mlops-deploy'

interface Resource {
  readonly resource: string
  readonly namespaced: boolean
}

const inNamespaces = (resource: string): Resource => ({ resource, namespaced: true })

/** The kinds it knows. */
const KINDS: Readonly<Record<string, Resource>> = {
  'v1 ConfigMap': inNamespaces('configmaps'),
  'v1 Event': inNamespaces('events'),
  'v1 LimitRange': inNamespaces('limitranges'),
  'v1 Namespace': { resource: 'namespaces', namespaced: false },
  'v1 Node': { resource: 'nodes', namespaced: false },
  'v1 PersistentVolumeClaim': inNamespaces('persistentvolumeclaims'),
  'v1 Pod': inNamespaces('pods'),
  'v1 ResourceQuota': inNamespaces('resourcequotas'),
  'v1 Secret': inNamespaces('secrets'),
  'v1 Service': inNamespaces('services'),
  'v1 ServiceAccount': inNamespaces('serviceaccounts'),
  'apps/v1 DaemonSet': inNamespaces('daemonsets'),
  'apps/v1 Deployment': inNamespaces('deployments'),
  'apps/v1 ReplicaSet': inNamespaces('replicasets'),
  'apps/v1 StatefulSet': inNamespaces('statefulsets'),
  'autoscaling/v2 HorizontalPodAutoscaler': inNamespaces('horizontalpodautoscalers'),
  'batch/v1 CronJob': inNamespaces('cronjobs'),
  'batch/v1 Job': inNamespaces('jobs'),
  'coordination.k8s.io/v1 Lease': inNamespaces('leases'),
  'discovery.k8s.io/v1 EndpointSlice': inNamespaces('endpointslices'),
  'networking.k8s.io/v1 Ingress': inNamespaces('ingresses'),
  'networking.k8s.io/v1 NetworkPolicy': inNamespaces('networkpolicies'),
  'policy/v1 PodDisruptionBudget': inNamespaces('poddisruptionbudgets'),
  'rbac.authorization.k8s.io/v1 ClusterRole': { resource: 'clusterroles', namespaced: false },
  'rbac.authorization.k8s.io/v1 Role': inNamespaces('roles'),
  'rbac.authorization.k8s.io/v1 RoleBinding': inNamespaces('rolebindings'),
}

const resourceOf = ({ apiVersion, kind }: ObjectKind): Resource | undefined => KINDS[`${apiVersion} ${kind}`]

/** One write that the code under test asked for, whether it was done or refused. */
export interface ClusterWrite {
  readonly verb: 'create' | 'update' | 'apply' | 'patch' | 'delete'
  readonly reference: ObjectReference
  readonly dryRun: boolean
}

export interface ClusterInMemory {
  readonly cluster: Cluster
  /** The same cluster to somebody who may do what `may` says. */
  readonly as: (name: string, may: (question: AccessQuestion) => boolean) => Cluster
  /** Puts an object there as a controller would: with its status, over whatever is there. */
  readonly put: (object: KubernetesObject) => KubernetesObject
  /** Server-side apply by force, by another field manager. */
  readonly applyAs: (manager: string, object: KubernetesObject) => void
  readonly remove: (reference: ObjectReference) => void
  readonly object: (reference: ObjectReference) => KubernetesObject | undefined
  readonly objects: () => readonly KubernetesObject[]
  /** All writes of the code under test, in their order. */
  readonly writes: readonly ClusterWrite[]
  /** Refuses the writes for which it gives a refusal; undefined lets all happen again. */
  readonly refuse: (why: ((write: ClusterWrite) => Refusal | undefined) | undefined) => void
}

export interface ClusterInMemoryOptions {
  readonly clock: Clock
  readonly namespaces?: readonly string[]
  readonly logs?: (request: LogRequest) => string | undefined
  /** Answers of services and pods; where it gives none, nothing answers. */
  readonly proxy?: (request: ProxyRequest) => HttpAnswer | undefined
}

const questionOf = (verb: string, place: ObjectKind & Partial<ObjectReference>): AccessQuestion => {
  const { apiVersion, namespace, name } = place
  return {
    verb,
    group: apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '',
    resource: resourceOf(place)?.resource ?? '',
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  }
}

const notFound = (reference: ObjectReference) => refusal(404, 'NotFound', `${objectName(reference)} not found`)

/** Why a write cannot even be looked at. */
const unknownPlace = ({ find }: ObjectStore, reference: ObjectReference) => {
  const { apiVersion, kind, namespace } = reference
  if (resourceOf(reference) === undefined) return refusal(404, 'NotFound', `there is no ${kind} of ${apiVersion}`)
  if (namespace === undefined) return undefined
  const missing = { apiVersion: 'v1', kind: 'Namespace', name: namespace }
  return find(missing) === undefined ? notFound(missing) : undefined
}

const listed = ({ all }: ObjectStore, selection: ObjectSelection): readonly KubernetesObject[] =>
  all()
    .filter((object) => isSelected(object, selection))
    .toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1))

const watchedOf = (store: ObjectStore, clock: Clock, selections: readonly ObjectSelection[]): Watched => {
  let isNew = false
  let wake = new AbortController()
  const stop = store.onChange(() => {
    isNew = true
    wake.abort()
  })
  return {
    objects: (selection) => {
      if (selections.some((one) => isDeepStrictEqual(one, selection))) return listed(store, selection)
      throw new Error(`${selection.kind} of ${selection.namespace ?? 'all namespaces'} is not watched`)
    },
    staleMs: () => 0,
    changed: async (ms, signal) => {
      signal?.throwIfAborted()
      wake = new AbortController()
      const ends = signal === undefined ? wake.signal : AbortSignal.any([signal, wake.signal])
      // What came since the last time is not waited for.
      if (!isNew) await clock.sleep(ms, ends).catch(() => undefined)
      isNew = false
      signal?.throwIfAborted()
    },
    stop,
  }
}

/**
 * A cluster that keeps objects and does nothing with them: no controllers, no defaults, no validation, no admission, no
 * subresources, no finalizers, no garbage collection; what is deleted is gone at once, a namespace with all in it. Field
 * ownership is as simple as field-ownership.ts says. Versions, ids, generations, conflicts, dry runs, preconditions,
 * selectors and watches are as on an API server: contracts/cluster.ts, which is run on both, says how far.
 */
export const clusterInMemory = (options: ClusterInMemoryOptions): ClusterInMemory => {
  const { clock, namespaces = ['default'], logs = () => undefined, proxy = () => undefined } = options
  const store = createStore(clock)
  const writes: ClusterWrite[] = []
  let refusing: Parameters<ClusterInMemory['refuse']>[0]

  const clusterFor = (name: string, may: (question: AccessQuestion) => boolean): Cluster => {
    const assertMay = (question: AccessQuestion) => {
      if (may(question)) return
      const what = `the cluster does not let ${name} ${question.verb} ${question.resource}`
      throw new ActionError({ code: 'E-FORBIDDEN', kind: 'user', what, why: 'no role grants it', hint: '' })
    }
    /** Why a write is not done; all of it before anything happens. */
    const obstacle = (asked: ClusterWrite, verbs: readonly string[]) => {
      writes.push(asked)
      const why = refusing?.(asked)
      if (why !== undefined) return { kind: 'refused', refusal: why } as const
      const { reference } = asked
      const denied = verbs.find((verb) => !may(questionOf(verb, reference)))
      return denied === undefined
        ? unknownPlace(store, reference)
        : refusal(403, 'Forbidden', `${name} cannot ${denied} ${objectName(reference)}`)
    }
    const overwritten = (object: KubernetesObject, dryRun: boolean): Written => ({
      kind: 'written',
      object: store.overwrite(object, { manager: MANAGER, dryRun }),
    })

    // All are async, so that a refusal comes as late as it does over a wire.
    return {
      whoAmI: async () => name,
      kind: async (kind) => resourceOf(kind),
      get: async (reference) => {
        assertMay(questionOf('get', reference))
        return store.find(reference)
      },
      list: async (selection) => {
        assertMay(questionOf('list', selection))
        return listed(store, selection)
      },
      create: async (object, { dryRun = false } = {}) => {
        const reference = referenceOf(object)
        const why = obstacle({ verb: 'create', reference, dryRun }, ['create'])
        if (why !== undefined) return why
        return store.find(reference) === undefined
          ? overwritten(object, dryRun)
          : refusal(409, 'AlreadyExists', `${objectName(reference)} already exists`)
      },
      replace: async (object, { dryRun = false } = {}) => {
        const reference = referenceOf(object)
        const why = obstacle({ verb: 'update', reference, dryRun }, ['update'])
        if (why !== undefined) return why
        const current = store.find(reference)
        if (current === undefined) return notFound(reference)
        return staleness(object, current) ?? overwritten(object, dryRun)
      },
      apply: async (object, { dryRun = false, force = false } = {}) => {
        const reference = referenceOf(object)
        const verbs = store.find(reference) === undefined ? ['patch', 'create'] : ['patch']
        const why = obstacle({ verb: 'apply', reference, dryRun }, verbs)
        return why ?? store.apply(object, { manager: MANAGER, dryRun, force })
      },
      patch: async (reference, operations, subresource) => {
        if (subresource !== undefined) throw new Error(`the fake knows no subresource ${subresource}`)
        const why = obstacle({ verb: 'patch', reference, dryRun: false }, ['patch'])
        if (why !== undefined) return why
        const current = store.find(reference)
        if (current === undefined) return notFound(reference)
        const after = patched(current, operations)
        return after === undefined
          ? refusal(422, 'Invalid', 'the server rejected our request due to an error in our request')
          : overwritten(after, false)
      },
      remove: async (reference, uid) => {
        const why = obstacle({ verb: 'delete', reference, dryRun: false }, ['delete'])
        if (why !== undefined) return why.refusal.status === 404 ? 'absent' : why.refusal
        const current = store.find(reference)
        if (current === undefined) return 'absent'
        if (uid !== undefined && current.metadata.uid !== uid) return 'other'
        store.drop(reference)
        return 'removed'
      },
      may: async (questions) => questions.map(may),
      logs: async (request) => {
        assertMay({ verb: 'get', group: '', resource: 'pods/log', namespace: request.namespace })
        return logs(request)
      },
      proxy: async (request) => {
        const answer = proxy(request)
        if (answer !== undefined) return answer
        const what = `nothing answered for ${request.resource} ${request.name}`
        throw new ActionError({ code: 'E-PROBE', kind: 'remote', what, why: 'there is nothing', hint: '' })
      },
      watch: async (selections) => {
        for (const selection of selections) for (const verb of ['list', 'watch']) assertMay(questionOf(verb, selection))
        return watchedOf(store, clock, selections)
      },
    }
  }

  const put = (object: KubernetesObject) => store.overwrite(object, { manager: 'controller', asController: true })
  for (const name of namespaces) put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  return {
    cluster: clusterFor('deployer', () => true),
    as: clusterFor,
    put,
    applyAs: (manager, object) => void store.apply(object, { manager, force: true }),
    remove: store.drop,
    object: store.find,
    objects: store.all,
    writes,
    refuse: (why) => {
      refusing = why
    },
  }
}
