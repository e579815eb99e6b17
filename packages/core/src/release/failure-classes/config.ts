import { referenceOf } from '../kubernetes-object.ts'
import type { Scene } from '../rollout-scene.ts'
import type { Pod } from '../rollout-shapes.ts'
import { type ContainerRuns, containersOf } from './container-runs.ts'
import { eventSightings, type Finding, newestFirst, sightingOf } from './finding.ts'

/** What a kubelet says is missing: `ConfigMap settings`, or `key colour of ConfigMap settings`. */
const missingIn = (message: string): string | undefined => {
  const [, key, keyKind, owner] = /couldn't find key (\S+) in (ConfigMap|Secret) \S+?\/(\S+)/.exec(message) ?? []
  if (key !== undefined) return `key ${key} of ${keyKind} ${owner}`
  const [, absent] = /references non-existent (?:config|secret) key: (\S+)/.exec(message) ?? []
  if (absent !== undefined) return `key ${absent}`
  const [, kind, name] = /(configmap|secret) "([^"]+)" not found/i.exec(message) ?? []
  return kind === undefined ? undefined : `${kind === 'secret' ? 'Secret' : 'ConfigMap'} ${name}`
}

const missing = (what: string, pod: Pod): Pick<Finding, 'what' | 'advice'> => ({
  what: `${what} is not there, so pod ${pod.metadata.name} cannot start`,
  advice: `Add ${what} to the release or to the namespace; a name in the manifest may also be misspelt.`,
})

/** A container that is not created because its configuration is not to be had. */
const heldBack = (scene: Scene, { pod, spec, status }: ContainerRuns): readonly Finding[] => {
  const { reason, message = '' } = status.state?.waiting ?? {}
  if (reason !== 'CreateContainerConfigError') return []
  const base = { object: scene.expected.reference, pod, sightings: [sightingOf(referenceOf(pod), reason, message)] }
  // The kubelet has not read it yet: that passes (kubernetes/kubernetes#74412).
  if (/failed to sync/.test(message))
    return [
      {
        ...base,
        sign: 'config-not-synced',
        what: `the node of pod ${pod.metadata.name} has not read its configuration yet`,
        advice: 'Look at the node: its kubelet does not get ConfigMaps or Secrets from the API server.',
      },
    ]
  const absent = missingIn(message)
  if (absent !== undefined) return [{ ...base, sign: 'config-missing', ...missing(absent, pod) }]
  return [
    {
      ...base,
      sign: 'start-refused',
      what: `the node refuses to create container ${spec.name} of pod ${pod.metadata.name}`,
      advice: 'Do what the message asks of the container, most often of its securityContext or its image.',
    },
  ]
}

const MOUNT = new Set(['FailedMount', 'FailedAttachVolume'])
// A kubelet pulls images only when all volumes are there.
const MOUNTED = new Set(['Pulling', 'Pulled', 'Created'])

/** A pod whose volumes are not there: only events tell, and those stay when the trouble is over. */
const unmounted = (scene: Scene, pod: Pod): readonly Finding[] => {
  const events = scene.eventsOf(pod)
  const failures = newestFirst(events).filter(({ reason = '' }) => MOUNT.has(reason))
  const isOver = pod.status?.phase !== 'Pending' || events.some(({ reason = '' }) => MOUNTED.has(reason))
  const [last] = failures
  if (last === undefined || isOver) return []
  const { message = '' } = last
  const base = { object: scene.expected.reference, pod, sightings: eventSightings(failures) }
  const absent = missingIn(message)
  if (absent !== undefined) return [{ ...base, sign: 'config-missing-volume', ...missing(absent, pod) }]
  const volume = /for volume "([^"]+)"/.exec(message)?.[1]
  return [
    {
      ...base,
      sign: 'mount-failed',
      what: `${volume === undefined ? 'a volume' : `volume ${volume}`} of pod ${pod.metadata.name} cannot be mounted`,
      advice:
        'The event names the volume and the reason; look at its claim, its driver and whether another node still holds it.',
    },
  ]
}

/** Signs that what a pod is configured with is not there. */
export const configFindings = (scene: Scene): readonly Finding[] =>
  scene.mine.flatMap((pod) => [
    ...containersOf(pod, scene.past).flatMap((runs) => heldBack(scene, runs)),
    ...unmounted(scene, pod),
  ])
