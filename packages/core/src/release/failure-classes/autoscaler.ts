import { objectKey, type ObjectReference, referenceOf } from '../kubernetes-object.ts'
import type { Observation } from '../rollout.ts'
import { type Autoscaler, type Condition, conditionOf } from '../rollout-shapes.ts'
import { type Finding, sightingOf } from './finding.ts'

/** Metrics that are not there yet come with the first pods; zero replicas switch an autoscaler off. */
const isPassing = ({ reason }: Condition): boolean => /^FailedGet|^ScalingDisabled$/.test(reason ?? '')

const faultOf = (autoscaler: Autoscaler): Condition | undefined => {
  const able = conditionOf(autoscaler, 'AbleToScale')
  const active = conditionOf(autoscaler, 'ScalingActive')
  if (able?.status === 'False') return able
  return active?.status === 'False' && !isPassing(active) ? active : undefined
}

/** Autoscalers of the release that cannot work. */
export const autoscalerFindings = (seen: Observation, objects: readonly ObjectReference[]): readonly Finding[] => {
  const keys = new Set(objects.map((one) => objectKey(one)))
  return (seen.autoscalers as readonly Autoscaler[]).flatMap((autoscaler): readonly Finding[] => {
    const object = referenceOf(autoscaler)
    const fault = keys.has(objectKey(object)) ? faultOf(autoscaler) : undefined
    if (fault === undefined) return []
    const { reason, message } = fault
    const { kind = '', name = '' } = autoscaler.spec?.scaleTargetRef ?? {}
    return [
      {
        sign: 'hpa-failed',
        object,
        what: `it cannot scale ${kind}/${name} (${reason ?? fault.type})`,
        advice: 'Look at its scaleTargetRef and metrics: kubectl describe hpa shows the same condition.',
        sightings: [sightingOf(object, reason ?? fault.type, message ?? '')],
      },
    ]
  })
}
