import { type KubernetesObject, referenceOf } from './kubernetes-object.ts'
import type { ExpectedWorkload } from './rollout.ts'
import type { PodTemplate } from './rollout-shapes.ts'

const FOLLOWED = new Set(['apps/Deployment', 'apps/StatefulSet', 'apps/DaemonSet', 'batch/Job'])
const DIGEST = /@(sha256:[0-9a-f]{64})$/

const digestsOf = ({ spec = {} }: PodTemplate): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...(spec.initContainers ?? []), ...(spec.containers ?? [])].flatMap(({ name, image = '' }) => {
      const digest = DIGEST.exec(image)?.[1]
      return digest === undefined ? [] : [[name, digest]]
    }),
  )

/**
 * What is to be waited for after an object was applied; undefined for kinds that do not roll out.
 *
 * @param applied the object as the API server answered it, with uid and generation
 */
export const expectationOf = (applied: KubernetesObject): ExpectedWorkload | undefined => {
  const { apiVersion, kind, metadata } = applied
  if (!FOLLOWED.has(`${apiVersion.slice(0, apiVersion.indexOf('/'))}/${kind}`)) return undefined
  const { template = {} } = (applied['spec'] ?? {}) as { readonly template?: PodTemplate }
  return {
    reference: referenceOf(applied),
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 1,
    digests: digestsOf(template),
    template,
  }
}
