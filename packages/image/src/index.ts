export { readBaseImage, readImage } from './base-image.ts'
export type { EcrAccess } from './calls.ts'
export { contextFiles, hasDockerfile } from './context-folder.ts'
export {
  assembleImage,
  type BaseImage,
  BUILD_LABEL,
  contentOf,
  DOCKER_MANIFEST,
  type Image,
  type ImageConfig,
} from './documents.ts'
export { ecrRegistry } from './ecr-registry.ts'
export { buildWithEngine, type EngineBuild } from './engine.ts'
export { type ImageLookup, imageLookup } from './image-lookup.ts'
export { type Layer, writeLayer } from './layer.ts'
export { type Pushed, pushImage } from './push-image.ts'
export { type TreeFile } from './tree.ts'
export { unpackModel } from './unpack-model.ts'
