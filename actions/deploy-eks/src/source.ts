import type { Context } from '@mlops/action-kit'
import {
  type Cluster,
  type KindScope,
  kindsIn,
  manifestError,
  type ObjectKind,
  type PreparedObject,
  prepareObjects,
  type RenderedDocument,
} from '@mlops/core'
import type { ManifestSource } from '@mlops/kubernetes'
import type { Inputs } from './spec.ts'

export const sourceOf = ({ overlay, manifests = [] }: Inputs): ManifestSource =>
  overlay === undefined ? { kind: 'manifests', globs: manifests } : { kind: 'overlay', folder: overlay }

const keyOf = ({ apiVersion, kind }: ObjectKind) => `${apiVersion} ${kind}`

/** Where the objects of each kind live, as the cluster knows it. */
const scopesOf = async (cluster: Cluster, kinds: readonly ObjectKind[]): Promise<(kind: ObjectKind) => KindScope> => {
  const scopes = await Promise.all(
    kinds.map(async (kind): Promise<readonly [string, KindScope]> => {
      const known = await cluster.kind(kind)
      if (known === undefined) return [keyOf(kind), undefined]
      return [keyOf(kind), known.namespaced ? 'namespaced' : 'cluster']
    }),
  )
  const found = new Map(scopes)
  return (kind) => found.get(keyOf(kind))
}

/** The objects of the release, sound and pinned. Throws E-MANIFEST with all faults at once. */
export const objectsOf = async (
  { namespace, images = {}, allowNamespaces = [] }: Inputs,
  documents: readonly RenderedDocument[],
  cluster: Cluster,
  { log }: Pick<Context, 'log'>,
): Promise<readonly PreparedObject[]> => {
  const scopeOf = await scopesOf(cluster, kindsIn(documents))
  const prepared = prepareObjects(documents, { namespace, images, allowNamespaces, scopeOf })
  if (prepared.kind === 'faults') throw manifestError(prepared.faults)
  log.info(`${prepared.objects.length} objects are rendered`)
  return prepared.objects
}
