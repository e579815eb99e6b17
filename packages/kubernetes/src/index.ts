export { connectCluster } from './cluster/connect.ts'
export { clusterSubjects } from './probe/cluster-subjects.ts'
export { urlSubject } from './probe/url-subject.ts'
export type { ClusterContext, ClusterTarget, Token } from './connection/target.ts'
export { holdLease, type Lease, type LeaseContext, type LeaseRequest } from './lease/hold-lease.ts'
export { applyRelease } from './apply/apply-release.ts'
export { pruneRelease } from './apply/prune-release.ts'
export { nextRevision, preflight } from './preflight/preflight.ts'
export { refuseNewer, releaseRecords } from './records/release-records.ts'
export type {
  Applied,
  ManifestSource,
  Preflight,
  PreflightOptions,
  ReleaseRecords,
  Rendered,
  RenderContext,
  StoredRecords,
  Undone,
  UndoOptions,
  WriteContext,
  Writer,
} from './release-api.ts'
export { manifestText } from './render/manifest-text.ts'
export { renderManifests } from './render/render.ts'
export { shownText } from './render/shown-text.ts'
export { sha256 } from './sha256.ts'
export { undoRelease } from './undo/undo-release.ts'
export { followRollout } from './rollout/follow-rollout.ts'
export type { FollowContext, FollowOptions, FollowRollout, RolloutEnd } from './rollout/rollout-api.ts'
export { followRelease } from './restore/follow-release.ts'
export type { Restored, RestoreOptions } from './restore/restore-api.ts'
export { restoreRelease } from './restore/restore-release.ts'
