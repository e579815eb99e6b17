import type { KubernetesObject, ObjectReference } from './kubernetes-object.ts'
import type { ReleaseRecord } from './record.ts'

/** One document of what was rendered, as plain data that nobody has checked yet. */
export interface RenderedDocument {
  readonly file: string
  readonly line: number
  readonly value: unknown
}

/** An object that is sound, with the place it comes from. */
export interface PreparedObject {
  readonly file: string
  readonly line: number
  readonly object: KubernetesObject
}

/** What is wrong with an object of the manifests, in the parts of every error of the suite. */
export interface ManifestFault {
  readonly file: string
  readonly line: number
  /** `Deployment/model`, or what is known of it. */
  readonly object: string
  readonly what: string
  readonly why: string
  readonly hint: string
}

/** Whether objects of a kind live in a namespace; undefined when nobody knows the kind. */
export type KindScope = 'namespaced' | 'cluster' | undefined

/** What is said of a release by labels, annotations and its record. */
export interface ReleaseFacts {
  readonly release: string
  readonly namespace: string
  readonly environment?: string
  /** What people call this version of it: the label app.kubernetes.io/version. */
  readonly appVersion: string
  readonly commit: string
  readonly committedAt?: string
  readonly repository: string
  readonly actor: string
  readonly runUrl: string
  readonly modelPackageArn?: string
}

export type Change = 'create' | 'change' | 'same'

/** An object of a release beside what is there, before anything is written. */
export interface PlannedObject {
  readonly reference: ObjectReference
  /** What is sent: prepared, labelled, with the replicas that are ours to say. */
  readonly send: KubernetesObject
  /** What was sent as the API server would keep it (quantities in its own notation, no empty fields). */
  readonly applied: KubernetesObject
  /** The whole object as it would be there afterwards. */
  readonly result: KubernetesObject
  /** What is there now, whole. */
  readonly live?: KubernetesObject
  readonly change: Change
  /** Whether its pods will be replaced. */
  readonly rollout: boolean
  /** Other managers whose fields are taken over: `kubectl-client-side-apply`, or any with `conflicts: force`. */
  readonly takesOver: readonly string[]
  /** A finished Job of ours with another template: it is deleted first. */
  readonly recreate: boolean
}

/** What a deploy would do. */
export interface ReleasePlan {
  readonly facts: ReleaseFacts
  readonly revision: number
  /** In the order in which they are applied. */
  readonly objects: readonly PlannedObject[]
  /** Objects of earlier releases that this one no longer has, and that may be deleted after the rollout. */
  readonly prune: readonly { readonly reference: ObjectReference; readonly live: KubernetesObject }[]
  /** Nothing differs, nothing is to be pruned, and the newest record says that all of it was deployed. */
  readonly unchanged: boolean
  /** What `images` replaced, by the name that it was rendered with. */
  readonly images: Readonly<Record<string, string>>
}

/** A record that may be gone back to, or why there is none; and why newer ones were passed over. */
export interface TargetChoice {
  readonly target?: ReleaseRecord
  /** One sentence: why this one. */
  readonly because: string
  readonly passedOver: readonly { readonly revision: number; readonly why: string }[]
  /** An object says that the release must not be undone at all. */
  readonly forbidden?: true
}

/** How one object differs between two states, safe to show: values of Secrets are lengths and digests. */
export interface ObjectDiff {
  readonly reference: ObjectReference
  readonly change: Change | 'delete'
  readonly rollout: boolean
  readonly lines: readonly DiffLine[]
}

export interface DiffLine {
  /** `spec.template.spec.containers[name=model].image`. */
  readonly path: string
  readonly before?: string
  readonly after?: string
}
