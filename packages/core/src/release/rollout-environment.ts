import type { Diagnosis } from './diagnosis.ts'
import type { Finding } from './failure-classes/finding.ts'
import { isReady, lostNodeOf, type Scene } from './rollout-scene.ts'
import { conditionOf, type Node } from './rollout-shapes.ts'
import { referenceOf } from './kubernetes-object.ts'

// They say that somebody acted, or that the objects themselves cannot be: a cluster in trouble does not excuse it.
const NOT_ITS_FAULT = new Set<Diagnosis['failureClass']>([
  'namespace-gone',
  'superseded',
  'rollout-paused',
  'quota-exceeded',
  'admission-denied',
  'invalid-object',
])

const ADVICE =
  'Nothing was rolled back, because the release before would fare no better: bring the cluster back, then deploy again.'

const isDown = (node: Node): boolean => conditionOf(node, 'Ready')?.status !== 'True'

const isHalf = (some: number, all: number): boolean => all > 0 && some * 2 >= all

/**
 * A failure of the cluster itself, when that is what failed: at least half of the pods of the revision before are not ready
 * either, or half of the nodes, or the nodes of all pods that show the failure.
 */
export const environmentOf = (
  first: Diagnosis,
  findings: readonly Finding[],
  scenes: readonly Scene[],
): Diagnosis | undefined => {
  if (NOT_ITS_FAULT.has(first.failureClass)) return undefined
  const told = { failureClass: 'environment', object: first.object, advice: ADVICE } as const
  const nodes = scenes[0]?.nodes ?? []
  const down = nodes.filter((node) => isDown(node))
  const failing = findings.flatMap(({ pod }) => (pod === undefined ? [] : [pod]))
  const onLost = failing.filter((pod) => scenes.some((scene) => lostNodeOf(scene, pod) !== undefined))
  if (isHalf(down.length, nodes.length) || (failing.length > 0 && onLost.length === failing.length))
    return {
      ...told,
      sentence: `The cluster itself is failing: ${down.length} of ${nodes.length} nodes are not ready (${down.map(({ metadata }) => metadata.name).join(', ')}).`,
      sightings: down.map((node) => ({
        from: `Node/${referenceOf(node).name}`,
        reason: conditionOf(node, 'Ready')?.reason ?? 'Ready',
        message: conditionOf(node, 'Ready')?.message ?? 'unknown',
      })),
    }
  const old = scenes.flatMap((scene) => scene.old)
  const unwell = old.filter((pod) => !isReady(pod))
  if (!isHalf(unwell.length, old.length)) return undefined
  return {
    ...told,
    sentence: `The cluster itself is failing: ${unwell.length} of ${old.length} pods of the revision before are not ready either.`,
    sightings: unwell.map((pod) => ({
      from: `Pod/${pod.metadata.name}`,
      reason: conditionOf(pod, 'Ready')?.reason ?? '',
      message: conditionOf(pod, 'Ready')?.message ?? 'not ready',
    })),
  }
}
