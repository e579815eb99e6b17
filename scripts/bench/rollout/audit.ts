import { readFileSync } from 'node:fs'
import type { ClusterWorld, Namespace } from '@mlops/testing'

const PARTS = ['system:kube-controller-manager', 'system:kube-scheduler', 'system:node:local-node']
const STATUSES = [
  { group: 'apps', resources: ['deployments/status', 'replicasets/status'] },
  { group: '', resources: ['pods/status'] },
]

/** Lets the audit log hold each status that a part of the cluster writes, as it is afterwards. */
export const AUDIT_RULES: readonly object[] = [
  { level: 'RequestResponse', users: PARTS, verbs: ['update', 'patch'], resources: STATUSES },
]

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
}

interface Terminated {
  readonly reason?: string
}

/** As far as the figures need it. */
export interface Written {
  readonly metadata: { readonly name: string; readonly generation?: number }
  readonly spec?: { readonly replicas?: number }
  readonly status?: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly availableReplicas?: number
    readonly conditions?: readonly Condition[]
    readonly containerStatuses?: readonly {
      readonly restartCount: number
      readonly state?: { readonly waiting?: { readonly reason?: string }; readonly terminated?: Terminated }
      readonly lastState?: { readonly terminated?: Terminated }
    }[]
  }
}

type Resource = 'deployments' | 'replicasets' | 'pods'

interface AuditEvent {
  readonly objectRef?: { readonly namespace?: string; readonly resource?: string; readonly subresource?: string }
  readonly responseStatus?: { readonly code?: number }
  readonly responseObject?: Written
  /** When the API server got it: no watcher can have seen it sooner. */
  readonly requestReceivedTimestamp: string
}

/** When a part of the cluster first wrote a status of which something is so, in milliseconds since 1970. */
export const firstStatus = (
  { cluster }: ClusterWorld,
  { name }: Namespace,
  resource: Resource,
  isSo: (written: Written) => boolean,
): number => {
  const events = readFileSync(cluster.auditLog, 'utf8')
    .split('\n')
    .filter((line) => line.includes(`"namespace":"${name}"`) && line.includes('"responseObject"'))
    .map((line) => JSON.parse(line) as AuditEvent)
  const found = events.find(
    ({ objectRef, responseStatus: { code = 0 } = {}, responseObject }) =>
      objectRef?.resource === resource &&
      objectRef.subresource === 'status' &&
      objectRef.namespace === name &&
      code < 300 &&
      responseObject !== undefined &&
      isSo(responseObject),
  )
  if (found === undefined) throw new Error(`no status of ${resource} in ${name} is what was waited for`)
  return Date.parse(found.requestReceivedTimestamp)
}

/** A Deployment runs what it is to run, and nothing else, since it was changed for so many times: kubectl's rule. */
export const isComplete =
  (generation: number) =>
  ({ metadata, spec, status }: Written): boolean => {
    const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {}
    if (metadata.generation !== generation || observedGeneration < generation) return false
    return updatedReplicas === (spec?.replicas ?? 1) && replicas === updatedReplicas && availableReplicas === replicas
  }
