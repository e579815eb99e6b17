import { referenceOf } from '../kubernetes-object.ts'
import { isReady, type Scene } from '../rollout-scene.ts'
import { conditionOf, type Pod } from '../rollout-shapes.ts'
import { type ContainerRuns, containersOf } from './container-runs.ts'
import { exitMeaning } from './exit-codes.ts'
import { eventSightings, type Finding, logOf, newestFirst, sightingOf } from './finding.ts'
import { probeText } from './probe-text.ts'

const waitingOn = ({ spec, status, isInit, isGood }: ContainerRuns): boolean =>
  !isInit && !isGood && status.state?.running !== undefined && (spec.readinessProbe ?? spec.startupProbe) !== undefined

/** A container that runs and is not ready, with what its probe saw last. */
const notReady = (scene: Scene, { pod, spec, last }: ContainerRuns): Finding => {
  const events = scene.eventsOf(pod).filter(({ reason }) => reason === 'Unhealthy')
  const which = spec.readinessProbe === undefined ? 'startup' : 'readiness'
  const saw = newestFirst(events).find(({ message = '' }) => message.toLowerCase().startsWith(which))?.message
  const probe = probeText(spec.readinessProbe ?? spec.startupProbe)
  const ended = last === undefined ? [] : [sightingOf(referenceOf(pod), last.reason, exitMeaning(last.exitCode))]
  return {
    sign: 'probe-not-ready',
    object: scene.expected.reference,
    pod,
    what: `container ${spec.name} of pod ${pod.metadata.name} runs, but its ${which} probe does not pass (${probe}${saw === undefined ? '' : `: ${saw}`})`,
    advice:
      'Look in its log what it waits for; a model that loads slowly needs a longer progressDeadlineSeconds and timeout, a wrong path or port another probe.',
    sightings: [...eventSightings(events), ...ended],
    container: logOf(pod, spec.name, false),
  }
}

/** Conditions that something outside of the pod has to set: a load balancer says that its target is healthy. */
const closedGates = (scene: Scene, pod: Pod): readonly Finding[] =>
  (pod.spec?.readinessGates ?? []).flatMap(({ conditionType }): readonly Finding[] => {
    const condition = conditionOf(pod, conditionType)
    if (condition?.status === 'True' || conditionOf(pod, 'ContainersReady')?.status !== 'True') return []
    return [
      {
        sign: 'probe-not-ready',
        object: scene.expected.reference,
        pod,
        what: `pod ${pod.metadata.name} waits for its readiness gate ${conditionType}`,
        advice: 'Its containers are ready: look at the controller that sets the gate, and at the health of its target.',
        sightings: [sightingOf(referenceOf(pod), condition?.reason ?? conditionType, condition?.message ?? 'not set')],
      },
    ]
  })

/** What is known of pods that run and are not ready. It may end well until the deadline. */
export const readinessFindings = (scene: Scene): readonly Finding[] =>
  scene.mine.flatMap((pod) => {
    if (isReady(pod)) return []
    const waiting = containersOf(pod, scene.past).filter((runs) => waitingOn(runs))
    return [...waiting.map((runs) => notReady(scene, runs)), ...closedGates(scene, pod)]
  })
