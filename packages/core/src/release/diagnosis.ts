import type { ObjectReference } from './kubernetes-object.ts'

/** Each way in which a release can fail, and what its section in docs/troubleshooting.md opens with. */
export const FAILURE_CLASSES = {
  'image-not-found': 'The image does not exist.',
  'image-auth': 'The node may not pull the image.',
  'image-arch': 'The image is for another kind of machine.',
  'image-name': 'The name of the image is not valid, or it is never to be pulled and is not there.',
  'image-mismatch': 'A pod runs another image than the one that was deployed.',
  'crash-loop': 'The container ends again and again.',
  'oom-killed': 'The container needs more memory than its limit.',
  'start-error': 'The container cannot be started.',
  'init-failed': 'A container that must end first fails.',
  'config-missing': 'A ConfigMap, a Secret or a key of one is not there.',
  'mount-failed': 'A volume cannot be mounted.',
  unschedulable: 'No node has room for a pod.',
  'pvc-unbound': 'A volume claim is not bound.',
  'quota-exceeded': 'A quota or limit of the namespace forbids a pod.',
  'admission-denied': 'An admission rule refuses the objects.',
  'admission-unavailable': 'An admission webhook does not answer.',
  'probe-killed': 'The startup or liveness probe fails, so the container is killed.',
  'probe-not-ready': 'The readiness probe fails until the deadline.',
  'progress-deadline': "The rollout has made no progress within the Deployment's deadline.",
  'rollout-paused': 'The rollout is paused.',
  'hpa-failed': 'The autoscaler cannot work.',
  'no-endpoints': 'A Service selects no pod that is ready.',
  'immutable-field': 'A field is changed that cannot be changed.',
  'rbac-forbidden': 'The cluster does not grant what the release needs.',
  'invalid-object': 'The API server does not accept an object.',
  conflict: 'Somebody else owns a field that the release sets.',
  'foreign-owner': 'Another tool manages an object of the release.',
  'namespace-gone': 'The namespace is not there, or is being deleted.',
  superseded: 'Somebody else changed the objects meanwhile.',
  'job-failed': 'A Job of the release failed.',
  environment: 'The cluster itself is failing: old pods fare no better.',
  'health-check': 'The service answers, but not as it should.',
  alarm: 'An alarm went off after the release.',
  timeout: 'The rollout did not end in time, for a reason that nothing shows.',
} as const satisfies Readonly<Record<string, string>>

export type FailureClass = keyof typeof FAILURE_CLASSES

/** Why a release fails, with what shows it. */
export interface Diagnosis {
  readonly failureClass: FailureClass
  /** The workload or object that it shows at. */
  readonly object: ObjectReference
  /** One sentence with names and numbers: what is wrong. */
  readonly sentence: string
  /** One sentence: what to do about it. */
  readonly advice: string
  /** Facts in the cluster's own words, most telling first. Foreign text: shown, never interpreted. */
  readonly sightings: readonly Sighting[]
  /** Whose log tells more, when a container failed. */
  readonly container?: {
    readonly namespace: string
    readonly pod: string
    readonly container: string
    readonly previous: boolean
  }
  /** The last lines that this container wrote, oldest first. Foreign text. */
  readonly log?: readonly string[]
}

export interface Sighting {
  /** Where it was seen: `Pod/model-abc`, `Event`, `ResourceQuota/compute`. */
  readonly from: string
  readonly reason: string
  readonly message: string
}
