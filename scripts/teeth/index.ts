import { CLUSTER_TEETH } from './cluster.ts'
import { DEPLOY_TEETH } from './deploy.ts'
import { GATE_TEETH } from './gate.ts'
import { HEALTH_TEETH } from './health.ts'
import { IMAGE_TEETH } from './image.ts'
import { JOB_TEETH } from './jobs.ts'
import { LOCAL_CLUSTER_TEETH } from './local-cluster.ts'
import { PIPELINE_TEETH } from './pipeline.ts'
import { policyTeeth } from './policies.ts'
import { REGISTRY_TEETH } from './registry.ts'
import { roleTeeth } from './roles.ts'
import { STATISTICS_TEETH } from './statistics.ts'
import type { Tooth } from './tooth.ts'
import { UNDO_TEETH } from './undo.ts'

export type { Edit, Tooth } from './tooth.ts'

/** Every mutation that must be noticed: of the product, and of the published policies. */
export const allTeeth = (root: string): readonly Tooth[] => [
  ...PIPELINE_TEETH,
  ...JOB_TEETH,
  ...GATE_TEETH,
  ...REGISTRY_TEETH,
  ...IMAGE_TEETH,
  ...CLUSTER_TEETH,
  ...UNDO_TEETH,
  ...DEPLOY_TEETH,
  ...STATISTICS_TEETH,
  ...LOCAL_CLUSTER_TEETH,
  ...HEALTH_TEETH,
  ...policyTeeth(root),
  ...roleTeeth(root),
]
