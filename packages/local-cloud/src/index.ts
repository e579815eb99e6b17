export type { Account, LocalEksCluster } from './account.ts'
export type { Control, Fault, LocalJob, RecordedCall, RecordedCheck } from './control.ts'
export {
  type LaunchOptions,
  type LocalCloud,
  prepareLocalCloud,
  prepareLocalCloudTests,
  startLocalCloud,
} from './launch.ts'
export { cacheFolder, pythonEnvironment } from './python-environment.ts'
