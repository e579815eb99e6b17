import { resolve } from 'node:path'
import type { Objects, S3Uri } from '@mlops/core'
import { packSource, uploadSource } from '../source.ts'

export interface PackedSource {
  /** Of the archive's bytes: equal folders give equal digests. */
  readonly digest: string
  /** Its files, relative to the folder. */
  readonly files: readonly string[]
  /** Puts the archive below a prefix, unless it is there already, and gives its place. */
  readonly upload: (prefix: S3Uri) => Promise<S3Uri>
}

/** Packs a folder of the workspace. Throws E-SOURCE when it or its entry point can't be packed. */
export type Pack = (source: { readonly folder: string; readonly entryPoint: string }) => Promise<PackedSource>

export const packer =
  (objects: Objects, { workspace }: { readonly workspace: string }): Pack =>
  async ({ folder, entryPoint }) => {
    const archive = await packSource({ folder: resolve(workspace, folder), entryPoint })
    return {
      digest: archive.digest,
      files: archive.files,
      upload: (prefix) => uploadSource(objects, prefix, archive),
    }
  }
