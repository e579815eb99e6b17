import type {
  Clock,
  Cluster,
  Diagnosis,
  Environment,
  ExpectedWorkload,
  Log,
  ObjectReference,
  PreparedObject,
  ReleaseFacts,
  ReleasePlan,
  ReleaseRecord,
  RenderedDocument,
} from '@mlops/core'

/** Where the objects of a release come from: the folder of a kustomize overlay, or globs of plain manifests. */
export type ManifestSource =
  | { readonly kind: 'overlay'; readonly folder: string }
  | { readonly kind: 'manifests'; readonly globs: readonly string[] }

export interface RenderContext {
  /** Nothing outside of it is read. */
  readonly workspace: string
  readonly environment: Environment
  readonly signal: AbortSignal
}

export interface Rendered {
  /** `kustomize`, `kubectl kustomize` or `manifests`. */
  readonly by: string
  /** All of it as one YAML text, with the values of Secrets: see `shownText`. */
  readonly text: string
  readonly documents: readonly RenderedDocument[]
}

/**
 * Renders the objects of a release; the checkout is not touched. Throws E-RENDER: no kustomize on the PATH, a base that is
 * fetched without a commit, a link or path out of the workspace, no file, YAML that is not sound or made to exhaust.
 */
export type RenderManifests = (source: ManifestSource, context: RenderContext) => Promise<Rendered>

/** The held Lease of a release, as far as its writers need it. */
export interface Writer {
  readonly fencing: number
  /** Throws E-LEASE-LOST. */
  readonly assertHeld: () => void
}

export interface StoredRecords {
  /** Newest first. */
  readonly records: readonly ReleaseRecord[]
  /** Records that are there but say nothing, with the reason. */
  readonly unreadable: readonly { readonly revision: number; readonly why: string; readonly newer: boolean }[]
}

/** The records of one release in its namespace. */
export interface ReleaseRecords {
  readonly list: () => Promise<StoredRecords>
  /**
   * Creates or updates the record, and deletes those beyond the newest ten (never the newest healthy one, nor the adopted
   * one). Throws E-LEASE-LOST when the Lease is lost or somebody with a later one has written, and then writes nothing.
   */
  readonly write: (record: ReleaseRecord, writer: Writer) => Promise<void>
}

export type OpenRecords = (
  cluster: Cluster,
  options: { readonly namespace: string; readonly release: string },
) => ReleaseRecords

export interface PreflightOptions {
  readonly facts: ReleaseFacts
  readonly prepared: readonly PreparedObject[]
  readonly images: Readonly<Record<string, string>>
  readonly stored: StoredRecords
  readonly conflicts: 'fail' | 'force'
  readonly prune: 'owned' | 'none'
  /** Undefined: nobody can say. */
  readonly imageExists: (image: string) => Promise<boolean | undefined>
}

export type Preflight =
  | { readonly kind: 'ready'; readonly plan: ReleasePlan; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly diagnoses: readonly [Diagnosis, ...(readonly Diagnosis[])] }

/** Everything that can be known before the first write, and nothing written. All faults at once. */
export type RunPreflight = (cluster: Cluster, options: PreflightOptions, context: WriteContext) => Promise<Preflight>

export interface WriteContext {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

export type Applied =
  | { readonly kind: 'applied'; readonly record: ReleaseRecord; readonly expected: readonly ExpectedWorkload[] }
  /** The API server refused an object; what went before it is in the cluster, and in the record. */
  | { readonly kind: 'refused'; readonly record: ReleaseRecord; readonly diagnosis: Diagnosis }

/**
 * Writes the record (status pending; record 0 too, before the first release), then the objects in their order. Throws
 * E-LEASE-LOST, E-VERSION (a newer suite wrote a record), E-CANCELLED between two writes; the record stays pending then, and
 * is enough to undo what was written.
 */
export type ApplyRelease = (
  cluster: Cluster,
  writer: Writer,
  options: {
    readonly plan: ReleasePlan
    readonly records: ReleaseRecords
    readonly conflicts: 'fail' | 'force'
    /** Secrets are kept whole, not as digests, so that a rollback can bring them back. */
    readonly recordSecrets: boolean
  },
  context: WriteContext,
) => Promise<Applied>

/** After the rollout: deletes what the record says is no longer of the release, if it is still the same and ours. */
export type PruneRelease = (
  cluster: Cluster,
  writer: Writer,
  record: ReleaseRecord,
  context: WriteContext,
) => Promise<readonly ObjectReference[]>

export interface UndoOptions {
  readonly records: ReleaseRecords
  /** What to go back to; 'nothing' removes what the release has created. See `targetOf`. */
  readonly target: ReleaseRecord | 'nothing'
  /** Goes into the record: why. */
  readonly because: string
  /** Who is at it now. */
  readonly facts: Pick<ReleaseFacts, 'commit' | 'repository' | 'actor' | 'runUrl' | 'environment'>
  readonly failureClass?: string
  /** Undefined: nobody can say; it is tried once. */
  readonly imageExists: (image: string) => Promise<boolean | undefined>
}

export type Undone =
  | {
      readonly kind: 'undone'
      /** Of the rollback itself, a revision of its own with `restores`; of what was undone when there was no target. */
      readonly record: ReleaseRecord
      readonly restored: readonly ObjectReference[]
      readonly removed: readonly ObjectReference[]
      readonly recreated: readonly ObjectReference[]
      readonly kept: readonly { readonly reference: ObjectReference; readonly why: string }[]
      readonly expected: readonly ExpectedWorkload[]
    }
  /** Nothing was written. */
  | { readonly kind: 'superseded' | 'refused'; readonly diagnoses: readonly [Diagnosis, ...(readonly Diagnosis[])] }
  /** The API server refused an object of what was there before; the record says how far it came. */
  | { readonly kind: 'failed'; readonly record: ReleaseRecord; readonly diagnosis: Diagnosis }

/**
 * Puts back what a record says: changed objects are restored, created ones deleted, removed ones recreated. The newest record
 * is what is undone. Run again after a crash it finishes what it began. The caller waits for `expected`, then writes the
 * record with the status that it found.
 */
export type UndoRelease = (
  cluster: Cluster,
  writer: Writer,
  options: UndoOptions,
  context: WriteContext,
) => Promise<Undone>
