import { referenceOf } from '../kubernetes-object.ts'
import type { Sighting } from '../diagnosis.ts'
import type { Scene } from '../rollout-scene.ts'
import { conditionOf, type Workload } from '../rollout-shapes.ts'
import { type Finding, newestFirst, sightingOf } from './finding.ts'
import type { Sign } from './signs.ts'

interface Refusal {
  readonly sign: Sign
  readonly pattern: RegExp
  readonly what: string
  readonly advice: string
}

// Why the API server creates no pod, in the words of its admission plugins; the first that matches counts.
// https://github.com/kubernetes/kubernetes/tree/master/plugin/pkg/admission
const REFUSALS: readonly Refusal[] = [
  {
    sign: 'quota-exceeded',
    pattern: /exceeded quota|failed quota/,
    what: 'a quota of the namespace forbids its pods',
    advice:
      'Raise the quota, lower requests and limits, or lower maxSurge so that fewer pods run at the same time while it rolls out.',
  },
  {
    sign: 'limit-range',
    pattern: /(?:maximum|minimum) \S+ usage per|limit to request ratio|must be less than or equal to .* limit/,
    what: 'a LimitRange of the namespace forbids its pods',
    advice: 'Bring requests and limits into the range that the LimitRange allows.',
  },
  {
    sign: 'namespace-gone',
    pattern: /because it is being terminated/,
    what: 'its namespace is being deleted',
    advice: 'Find out who deletes the namespace; deploy again when it is there.',
  },
  {
    sign: 'admission-unavailable',
    pattern: /failed calling webhook|failed to call webhook/,
    what: 'an admission webhook does not answer, so no pod of it can be created',
    advice: 'Bring the webhook back, or have its configuration ignore failures (failurePolicy: Ignore).',
  },
  {
    sign: 'admission-denied',
    pattern: /denied the request|violates PodSecurity|denied request:/,
    what: 'an admission rule refuses its pods',
    advice: 'Change the pod template to what the rule asks for, or ask its owner for an exception.',
  },
  {
    sign: 'admission-held',
    pattern: /serviceaccount .* not found|no PriorityClass/i,
    what: 'its pods name something that is not in the cluster',
    advice: 'Create what the message names, or correct the name in the pod template.',
  },
  {
    sign: 'invalid-object',
    pattern: /is invalid/,
    what: 'its pods are not valid',
    advice: 'Correct the field that the message names in the pod template.',
  },
  {
    sign: 'admission-held',
    pattern: /forbidden/,
    what: 'the API server forbids its pods',
    advice: 'The message says which rule forbids them.',
  },
]

const UNKNOWN: Omit<Refusal, 'pattern'> = {
  sign: 'creation-failed',
  what: 'its controller cannot create pods at the moment',
  advice: 'The message is the answer of the API server.',
}

interface Failure {
  readonly from: Workload
  readonly message: string
}

/** How many pods it wants. */
const wantedOf = ({ kind, spec, status }: Workload): number => {
  if (kind === 'DaemonSet') return status?.desiredNumberScheduled ?? 0
  return kind === 'Job' ? 1 : (spec?.replicas ?? 1)
}

/** Why no pod was created last. Only a ReplicaSet has a condition for it; others write events, which stay when it is over. */
const failureOf = (scene: Scene): Failure | undefined => {
  const { maker, workload, mine, old } = scene
  const from = maker ?? workload
  if (from === undefined || workload === undefined) return undefined
  if (workload.kind === 'Deployment') {
    const condition = conditionOf(from, 'ReplicaFailure')
    return condition?.status === 'True' ? { from, message: condition.message ?? '' } : undefined
  }
  if (mine.length + old.length >= wantedOf(workload)) return undefined
  const event = newestFirst(scene.eventsOf(workload)).find(({ reason }) => reason === 'FailedCreate')
  return event === undefined ? undefined : { from, message: event.message ?? '' }
}

const LIST = /^.*exceeded quota: ([^,]+), requested: (.*), used: (.*), limited: (.*?)\.?$/s
const amounts = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(text.split(',').map((pair) => pair.split('=').map((part) => part.trim()) as [string, string]))

/** Per resource of the quota: what one more pod wants, what is used and what is allowed. */
const quotaTable = ({ message }: Failure, scene: Scene): readonly Sighting[] => {
  const [, name = '', requested = '', used = '', limited = ''] = LIST.exec(message) ?? []
  if (name === '') return []
  const [has, may] = [amounts(used), amounts(limited)]
  // The quota as it is now, where it was seen: the message may be minutes old.
  const now = scene.quotas.find(({ metadata }) => metadata.name === name)?.status
  return Object.entries(amounts(requested)).map(([resource, wants]) => ({
    from: `ResourceQuota/${name}`,
    reason: resource,
    message: `wanted ${wants}, used ${now?.used?.[resource] ?? has[resource] ?? '?'} of ${now?.hard?.[resource] ?? may[resource] ?? '?'}`,
  }))
}

const clip = (text: string) => (text.length > 300 ? `${text.slice(0, 299)}…` : text)

/** Signs that the API server lets no pod of our revision be created. */
export const creationFindings = (scene: Scene): readonly Finding[] => {
  const failure = failureOf(scene)
  if (failure === undefined) return []
  const { sign, what, advice } = REFUSALS.find(({ pattern }) => pattern.test(failure.message)) ?? UNKNOWN
  const table = quotaTable(failure, scene)
  const numbers = table.map(({ from, reason, message }) => `${from}: ${reason} ${message}`).join('; ')
  const why = numbers === '' ? clip(failure.message) : numbers
  const said = sightingOf(referenceOf(failure.from), 'FailedCreate', failure.message)
  return [{ sign, object: scene.expected.reference, what: `${what} (${why})`, advice, sightings: [...table, said] }]
}
