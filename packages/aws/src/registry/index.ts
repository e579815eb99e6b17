export { awaitCompleted } from './await-completed.ts'
export { findPackage, findRegistered, newestVersions } from './find-package.ts'
export { modelRegistry } from './model-registry.ts'
