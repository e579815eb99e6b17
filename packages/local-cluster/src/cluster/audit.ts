import { existsSync, readFileSync } from 'node:fs'

/** One request that the API server answered, as its audit log has it. */
export interface ClusterCall {
  readonly user: string
  readonly groups: readonly string[]
  readonly verb: string
  /** Empty for the core group. */
  readonly apiGroup: string
  /** Empty for a path such as /version. */
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly path: string
  readonly status: number
  /** Whether the caller's roles grant it; a call that they grant can still be refused, by a quota for example. */
  readonly granted: boolean
  /** RFC 3339, when it arrived. */
  readonly time: string
}

interface AuditEvent {
  readonly auditID: string
  readonly verb: string
  readonly requestURI: string
  readonly user: { readonly username?: string; readonly groups?: readonly string[] }
  readonly objectRef?: {
    readonly apiGroup?: string
    readonly resource?: string
    readonly subresource?: string
    readonly namespace?: string
    readonly name?: string
  }
  readonly responseStatus?: { readonly code?: number }
  readonly annotations?: { readonly 'authorization.k8s.io/decision'?: string }
  readonly requestReceivedTimestamp: string
}

/** Who asks for what is kept, and what the parts of the cluster ask for among themselves is not. */
export const auditPolicy = (first: readonly object[]) => ({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    ...first,
    {
      level: 'None',
      users: ['system:kube-controller-manager', 'system:kube-scheduler', 'system:apiserver', 'local-cluster'],
    },
    { level: 'None', userGroups: ['system:nodes'] },
    { level: 'Metadata' },
  ],
})

const callOf = ({ verb, requestURI, user, objectRef, responseStatus, ...event }: AuditEvent): ClusterCall => ({
  user: user.username ?? '',
  groups: user.groups ?? [],
  verb,
  apiGroup: objectRef?.apiGroup ?? '',
  resource: objectRef?.resource ?? '',
  subresource: objectRef?.subresource ?? '',
  namespace: objectRef?.namespace ?? '',
  name: objectRef?.name ?? '',
  path: requestURI,
  status: responseStatus?.code ?? 0,
  granted: event.annotations?.['authorization.k8s.io/decision'] !== 'forbid',
  time: event.requestReceivedTimestamp,
})

/** Reads an audit log; a watch, of which beginning and end are logged, is one call. */
export const readCalls = (log: string): readonly ClusterCall[] => {
  const written = existsSync(log) ? readFileSync(log, 'utf8') : ''
  const complete = written.slice(0, written.lastIndexOf('\n') + 1)
  const events = complete
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as AuditEvent)
  return [...new Map(events.map((event) => [event.auditID, event])).values()].map(callOf)
}
