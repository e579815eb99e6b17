import { realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Rendered, RenderManifests } from '../release-api.ts'
import { overlayFaults } from './kustomization.ts'
import { kustomize } from './kustomize.ts'
import { readManifestFiles } from './manifest-files.ts'
import { type RenderFault, renderError } from './render-error.ts'
import { readDocuments } from './yaml-documents.ts'

const refuse = ([first, ...more]: readonly RenderFault[]): void => {
  if (first !== undefined) throw renderError([first, ...more])
}

export const renderManifests: RenderManifests = async (source, context): Promise<Rendered> => {
  const workspace = realpathSync(context.workspace)
  if (source.kind === 'manifests') {
    const { text, documents, faults } = readManifestFiles(source.globs, workspace)
    refuse(faults)
    return { by: 'manifests', text, documents }
  }
  refuse(overlayFaults(source.folder, workspace))
  const { by, text } = await kustomize(resolve(workspace, source.folder), context)
  const { documents, faults } = readDocuments(text, join(source.folder, 'rendered'))
  refuse(faults)
  return { by, text, documents }
}
