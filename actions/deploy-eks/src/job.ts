import { type Context, outlasting } from '@mlops/action-kit'
import { type Cluster, imagesOf, type PreparedObject, type ReleaseFacts } from '@mlops/core'
import { type ImageLookup, imageLookup } from '@mlops/image'
import { releaseRecords, type ReleaseRecords, renderManifests, shownText } from '@mlops/kubernetes'
import { commitTime, factsOf } from './facts.ts'
import type { Ports } from './ports.ts'
import { objectsOf, sourceOf } from './source.ts'
import type { Inputs } from './spec.ts'
import { type Stopwatch, stopwatch } from './stopwatch.ts'

/** A release that is to be deployed, and what it takes; nothing is written yet. */
export interface Job {
  readonly inputs: Inputs
  readonly context: Context
  readonly cluster: Cluster
  readonly records: ReleaseRecords
  readonly images: ImageLookup
  readonly facts: ReleaseFacts
  readonly objects: readonly PreparedObject[]
  readonly renderedPath: string
  readonly watch: Stopwatch
}

/** Logs in and renders, at the same time. Throws what either says: E-UNAUTHENTICATED, E-CLUSTER, E-RENDER, E-MANIFEST, … */
export const openJob = async (inputs: Inputs, ports: Ports, context: Context): Promise<Job> => {
  const { workspace, environment, signal } = context
  const watch = stopwatch(context.clock)
  const images = imageLookup(ports.imagesIn, context.log)
  return watch.time('render', async () => {
    const [cluster, rendered, committedAt] = await Promise.all([
      ports.connect({ ...context, signal: outlasting(context.clock, signal) }),
      renderManifests(sourceOf(inputs), { workspace, environment, signal }),
      commitTime(context),
    ])
    const renderedPath = context.files.writeTemporary('rendered.yaml', shownText(rendered))
    const objects = await objectsOf(inputs, rendered.documents, cluster, context)
    const modelPackageArn = await images.modelPackage(imagesOf(objects.map(({ object }) => object)))
    const facts = factsOf(inputs, context, { committedAt, modelPackageArn })
    return {
      inputs,
      context,
      cluster,
      records: releaseRecords(cluster, inputs),
      images,
      facts,
      objects,
      renderedPath,
      watch,
    }
  })
}
