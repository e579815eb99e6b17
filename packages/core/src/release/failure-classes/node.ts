import { referenceOf } from '../kubernetes-object.ts'
import { lostNodeOf, type Scene } from '../rollout-scene.ts'
import { type Finding, sightingOf } from './finding.ts'

/** Pods that suffer from their node: others take their place, so that is no fault of the release. */
export const nodeFindings = (scene: Scene): readonly Finding[] => [
  ...scene.struck.map((pod): Finding => {
    const { reason = 'Failed', message = '' } = pod.status ?? {}
    return {
      sign: 'node-transient',
      object: scene.expected.reference,
      pod,
      what: `pod ${pod.metadata.name} was ended by its node (${reason})`,
      advice: 'Another pod takes its place; when it goes on, look at memory, disk and state of the node.',
      sightings: [sightingOf(referenceOf(pod), reason, message)],
    }
  }),
  ...scene.mine.flatMap((pod): readonly Finding[] => {
    const node = lostNodeOf(scene, pod)
    if (node === undefined) return []
    return [
      {
        sign: 'node-transient',
        object: scene.expected.reference,
        pod,
        what: `node ${node.metadata.name} of pod ${pod.metadata.name} is not ready`,
        advice: 'Look at the node; its pods move to others after some minutes.',
        sightings: [sightingOf(referenceOf(node), 'NotReady')],
      },
    ]
  }),
]
