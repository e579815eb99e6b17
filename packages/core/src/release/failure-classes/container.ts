import { referenceOf } from '../kubernetes-object.ts'
import type { Scene } from '../rollout-scene.ts'
import type { ClusterEvent } from '../rollout-shapes.ts'
import { type ContainerRuns, containersOf } from './container-runs.ts'
import { exitMeaning } from './exit-codes.ts'
import { eventSightings, type Finding, logOf, newestFirst, sightingOf } from './finding.ts'
import { probeText } from './probe-text.ts'
import type { Sign } from './signs.ts'

const START_ERRORS = new Set(['StartError', 'ContainerCannotRun', 'RunContainerError', 'CreateContainerError'])

type Told = Pick<Finding, 'sign' | 'what' | 'advice'>

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)
const placeOf = ({ isInit, spec, pod }: ContainerRuns): string =>
  `${isInit ? 'init container' : 'container'} ${spec.name} of pod ${pod.metadata.name}`

/** Two kills show that the limit is too low; one may be a bad moment. */
const outOfMemory = (runs: ContainerRuns): Told | undefined => {
  if (runs.last?.reason !== 'OOMKilled') return undefined
  const { limits, requests } = runs.spec.resources ?? {}
  const requested = requests?.['memory'] === undefined ? '' : `, its request ${requests['memory']}`
  const limit = limits?.['memory'] === undefined ? 'it has no limit of its own' : `its limit is ${limits['memory']}`
  return {
    sign: runs.counted >= 2 ? 'oom-killed' : 'oom-killed-once',
    what: `${placeOf(runs)} was killed ${times(runs.ended)} because it needs more memory than it may have (${limit}${requested})`,
    advice: `Raise resources.limits.memory of container ${runs.spec.name}, or make it need less: a smaller model, fewer workers.`,
  }
}

/** The runtime could not start it; once, exit code 128 passes by itself. */
const notStarted = (runs: ContainerRuns): Told | undefined => {
  const { last, counted, status } = runs
  const waiting = status.state?.waiting?.reason ?? ''
  const hasFailed = START_ERRORS.has(last?.reason ?? '')
  if (!hasFailed && !START_ERRORS.has(waiting)) return undefined
  const again = counted >= 2 ? 'start-error' : 'start-error-once'
  return {
    sign: hasFailed ? again : 'start-error-held',
    what: `${placeOf(runs)} cannot be started`,
    advice: `Check command, args, workingDir and volumes of container ${runs.spec.name} against what is in the image.`,
  }
}

const isKillOf = (container: string) => {
  const kill = new RegExp(`^Container ${container} failed (liveness|startup) probe`)
  return ({ reason, message = '' }: ClusterEvent) => reason === 'Killing' && kill.test(message)
}

const killedByProbe = (runs: ContainerRuns, events: readonly ClusterEvent[]): Told | undefined => {
  const { spec, ended, counted } = runs
  const kill = newestFirst(events).find(isKillOf(spec.name))
  if (kill === undefined || ended === 0) return undefined
  const which = kill.message?.includes('startup') === true ? 'startup' : 'liveness'
  const probe = which === 'startup' ? spec.startupProbe : spec.livenessProbe
  return {
    sign: counted >= 2 ? 'probe-killed' : 'probe-killed-once',
    what: `${placeOf(runs)} was killed ${times(ended)} because its ${which} probe fails (${probeText(probe)})`,
    advice:
      which === 'startup'
        ? 'Give it longer (failureThreshold × periodSeconds of the startupProbe), or look in its log why it does not come up.'
        : 'Put a startupProbe before it when it only needs longer to start; else look in its log why it does not answer.',
  }
}

/** Two restarts that ended again show that it will not run; a first crash may have waited for something. */
const crashing = (runs: ContainerRuns): Told | undefined => {
  const { last, ended, counted, isInit, status } = runs
  const isRunning = status.state?.running !== undefined
  if (last === undefined || ended === 0 || (isRunning && counted < 3)) return undefined
  const [again, once]: readonly [Sign, Sign] = isInit
    ? ['init-failed', 'init-failed-once']
    : ['crash-loop', 'crashed-once']
  return {
    sign: counted >= 3 ? again : once,
    what: `${placeOf(runs)} ended ${times(ended)}, last with ${exitMeaning(last.exitCode)}`,
    advice: isInit
      ? 'The other containers start only when it has ended well: its log says what it lacks.'
      : 'Its last log lines say why; run the image with the same command and variables to see it again.',
  }
}

const eventsAbout = ({ spec }: ContainerRuns, events: readonly ClusterEvent[]) =>
  events.filter((event) => event.reason === 'Unhealthy' || event.reason === 'BackOff' || isKillOf(spec.name)(event))

const findingOf = (scene: Scene, runs: ContainerRuns): readonly Finding[] => {
  if (runs.isGood) return []
  const { pod, status, last, spec } = runs
  const events = scene.eventsOf(pod)
  const told = outOfMemory(runs) ?? notStarted(runs) ?? killedByProbe(runs, events) ?? crashing(runs)
  if (told === undefined) return []
  const { waiting, running } = status.state ?? {}
  const ends =
    last === undefined
      ? []
      : [sightingOf(referenceOf(pod), last.reason, `${exitMeaning(last.exitCode)} ${last.message ?? ''}`.trim())]
  const waits = waiting === undefined ? [] : [sightingOf(referenceOf(pod), waiting.reason, waiting.message)]
  const sightings = [...ends, ...waits, ...eventSightings(eventsAbout(runs, events))]
  return [
    {
      ...told,
      object: scene.expected.reference,
      pod,
      sightings,
      container: logOf(pod, spec.name, running !== undefined),
    },
  ]
}

/** Signs of containers that end, are killed or do not even start. */
export const containerFindings = (scene: Scene): readonly Finding[] =>
  scene.mine.flatMap((pod) => containersOf(pod, scene.past).flatMap((runs) => findingOf(scene, runs)))
