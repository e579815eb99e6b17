import type { Observation } from '../rollout.ts'
import { referenceOf } from '../kubernetes-object.ts'
import { sameTemplate, type Scene } from '../rollout-scene.ts'
import { type Condition, conditionOf, isEnding, type Workload } from '../rollout-shapes.ts'
import { exitMeaning } from './exit-codes.ts'
import { containersOf } from './container-runs.ts'
import { type Finding, logOf, sightingOf } from './finding.ts'
import type { Sign } from './signs.ts'

type Told = Pick<Finding, 'what' | 'advice'>

const AGAIN =
  'Find out who changes it beside this pipeline; nothing was taken back. Deploy again to have it as it is here.'

const found = (scene: Scene, sign: Sign, told: Told, sightings: Finding['sightings'] = []): Finding => ({
  sign,
  object: scene.expected.reference,
  ...told,
  sightings,
})

/** Its namespace is not there any more, or is on its way out. */
export const namespaceFindings = (
  scene: Scene,
  { namespaces }: Pick<Observation, 'namespaces'>,
): readonly Finding[] => {
  const name = scene.expected.reference.namespace
  const namespace = namespaces.find(({ metadata }) => metadata.name === name)
  if (namespace !== undefined && !isEnding(namespace)) return []
  const state = namespace === undefined ? 'is not there any more' : 'is being deleted'
  const told = {
    what: `its namespace ${name} ${state}`,
    advice: 'Find out who deletes the namespace; deploy again when it is there.',
  }
  return [found(scene, 'namespace-gone', told)]
}

/** Somebody else deleted, replaced or changed it since we applied it. */
const superseded = (scene: Scene): readonly Finding[] => {
  const { workload, other, expected } = scene
  if (other !== undefined)
    return [found(scene, 'superseded', { what: 'somebody deleted it and created another of its name', advice: AGAIN })]
  if (workload === undefined) return [found(scene, 'workload-absent', { what: 'somebody deleted it', advice: AGAIN })]
  if (isEnding(workload)) return [found(scene, 'superseded', { what: 'somebody deletes it', advice: AGAIN })]
  const { generation = 0, managedFields } = workload.metadata
  if (generation <= expected.generation || sameTemplate(workload.spec?.template ?? {}, expected.template)) return []
  const managers = ((managedFields ?? []) as readonly { readonly manager?: string; readonly time?: string }[])
    .toSorted((a, b) => (b.time ?? '').localeCompare(a.time ?? ''))
    .map(({ manager = 'nobody known', time = '' }) => sightingOf(expected.reference, manager, `changed it at ${time}`))
  const what = `somebody changed its pod template (generation ${expected.generation} is ours, ${generation} is there)`
  return [found(scene, 'superseded', { what, advice: AGAIN }, managers)]
}

const paused = (scene: Scene): readonly Finding[] => {
  const { spec, kind } = scene.workload ?? {}
  const advice = 'Whoever paused it has to resume it (kubectl rollout resume), or deploy again with spec.paused: false.'
  if (spec?.paused === true) return [found(scene, 'rollout-paused', { what: 'its rollout is paused', advice })]
  if (kind !== 'Job' || spec?.suspend !== true) return []
  return [
    found(scene, 'job-suspended', {
      what: 'it is suspended',
      advice: 'Whoever suspended it has to set suspend: false.',
    }),
  ]
}

const failureOf = (job: Workload): Condition | undefined =>
  ['Failed', 'FailureTarget'].map((type) => conditionOf(job, type)).find((one) => one?.status === 'True')

/** A Job that has given up, with the end of its last pod. */
const jobFailed = (scene: Scene): readonly Finding[] => {
  const { workload, mine, past } = scene
  const failure = workload?.kind === 'Job' ? failureOf(workload) : undefined
  if (failure === undefined) return []
  const ends = mine
    .toSorted((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''))
    .flatMap((pod) => containersOf(pod, past))
    .flatMap((runs) => (runs.last === undefined || runs.last.exitCode === 0 ? [] : [{ ...runs, last: runs.last }]))
  const [end] = ends
  const how =
    end === undefined
      ? ''
      : `: container ${end.spec.name} of pod ${end.pod.metadata.name} ended with ${exitMeaning(end.last.exitCode)}`
  const told = {
    what: `it failed (${failure.reason ?? 'Failed'})${how}`,
    advice:
      'Its log says why. Run it again by deploying again when the cause is gone; raise backoffLimit when trying again helps.',
  }
  const sightings = [
    sightingOf(scene.expected.reference, failure.reason ?? '', failure.message ?? ''),
    ...ends.map(({ pod, last }) =>
      sightingOf(referenceOf(pod), last.reason, `${exitMeaning(last.exitCode)} ${last.message ?? ''}`.trim()),
    ),
  ]
  const isWaiting = end?.status.state?.waiting !== undefined || end?.status.state?.running !== undefined
  return [
    {
      ...found(scene, 'job-failed', told, sightings),
      ...(end === undefined ? {} : { container: logOf(end.pod, end.spec.name, isWaiting) }),
    },
  ]
}

/** Signs at the workload itself. */
export const workloadFindings = (scene: Scene): readonly Finding[] => [
  ...superseded(scene),
  ...paused(scene),
  ...jobFailed(scene),
]
