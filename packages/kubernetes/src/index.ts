export { connectCluster } from './cluster/connect.ts'
export { FIELD_MANAGER } from './cluster/writes.ts'
export type { ClusterContext, ClusterTarget, Token } from './connection/target.ts'
export { holdLease, type Lease, type LeaseContext, type LeaseRequest } from './lease/hold-lease.ts'
