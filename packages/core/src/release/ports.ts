import type { KubernetesObject, ObjectKind, ObjectReference } from './kubernetes-object.ts'

/** What the API server said instead of doing it. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number
  /** `AlreadyExists`, `Conflict`, `Forbidden`, `Invalid`, …; empty when it gave none. */
  readonly reason: string
  readonly message: string
  readonly causes: readonly { readonly field: string; readonly reason: string; readonly message: string }[]
}

export type Written =
  | { readonly kind: 'written'; readonly object: KubernetesObject }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

export interface WriteOptions {
  /** The API server does all but keep it. */
  readonly dryRun?: boolean
}

export interface ObjectSelection extends ObjectKind {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

/** What somebody may want to do, in the words of RBAC. */
export interface AccessQuestion {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
}

export interface LogRequest {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** The run before the one that is under way. */
  readonly previous?: boolean
  readonly tailLines: number
}

export interface ProxyRequest {
  readonly namespace: string
  /** `services` takes `name:port`, `pods` too. */
  readonly resource: 'services' | 'pods'
  readonly name: string
  readonly port: string
  readonly method: string
  /** With its query, beginning with a slash. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly milliseconds: number
}

/** The objects of some selections, kept as they are now in the cluster. */
export interface Watched {
  /** Of one of the selections, in the order of their names. */
  readonly objects: (selection: ObjectSelection) => readonly KubernetesObject[]
  /** Milliseconds since everything was last known to be current. */
  readonly staleMs: () => number
  /** Resolves at the next change, or after `ms` at the latest; rejects when the signal aborts. */
  readonly changed: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly stop: () => void
}

/**
 * A Kubernetes API server. Passing faults (429, 5xx, lost connections) are repeated inside where that can do no harm, and a
 * token that was refused is renewed once. Errors are ActionErrors: E-UNAUTHENTICATED, E-CLUSTER (it can't be reached, or
 * fails for too long), E-FORBIDDEN for a read that the caller has no right to. What a write is refused for is a result.
 */
export interface Cluster {
  /** Name of the user that the API server takes the caller for. */
  readonly whoAmI: () => Promise<string>
  /** Whether the server knows the kind, and whether its objects live in namespaces. */
  readonly kind: (kind: ObjectKind) => Promise<{ readonly resource: string; readonly namespaced: boolean } | undefined>
  readonly get: (reference: ObjectReference) => Promise<KubernetesObject | undefined>
  readonly list: (selection: ObjectSelection) => Promise<readonly KubernetesObject[]>
  readonly create: (object: KubernetesObject, options?: WriteOptions) => Promise<Written>
  /** Writes the object as it is given; refused with Conflict when its resourceVersion is not the current one. */
  readonly replace: (object: KubernetesObject, options?: WriteOptions) => Promise<Written>
  /** Server-side apply by the field manager of the suite; `force` takes fields over from other managers. */
  readonly apply: (object: KubernetesObject, options?: WriteOptions & { readonly force?: boolean }) => Promise<Written>
  /** JSON Patch (RFC 6902) of an object or a subresource of it. */
  readonly patch: (reference: ObjectReference, patch: readonly unknown[], subresource?: string) => Promise<Written>
  /** `other`: an object of that name is there, but not the one of the uid. */
  readonly remove: (reference: ObjectReference, uid?: string) => Promise<'removed' | 'absent' | 'other' | Refusal>
  /** Which of these the caller may do, in their order. */
  readonly may: (questions: readonly AccessQuestion[]) => Promise<readonly boolean[]>
  /** The last lines of a container; undefined when there are none to be had. */
  readonly logs: (request: LogRequest) => Promise<string | undefined>
  /**
   * One request to a service or a pod through the API server; throws E-PROBE when nothing answered, and E-CLUSTER when the
   * API server itself is not well enough to ask.
   */
  readonly proxy: (request: ProxyRequest) => Promise<HttpAnswer>
  /** Follows selections by list and watch, until it is stopped. Resolves when each was listed once. */
  readonly watch: (selections: readonly ObjectSelection[]) => Promise<Watched>
}
