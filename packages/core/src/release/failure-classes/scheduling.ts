import { referenceOf } from '../kubernetes-object.ts'
import type { Scene } from '../rollout-scene.ts'
import { type ClusterEvent, conditionOf, type Node, type Pod } from '../rollout-shapes.ts'
import { eventSightings, type Finding, sightingOf } from './finding.ts'
import { quantityOf } from './quantity.ts'
import type { Sign } from './signs.ts'

const SCHEDULING = new Set(['FailedScheduling', 'NotTriggerScaleUp', 'TriggeredScaleUp', 'Nominated'])

/** A node is on its way: the cluster autoscaler or Karpenter said so, or the scheduler makes room by preemption. */
const signOf = ({ status }: Pod, events: readonly ClusterEvent[]): Sign => {
  const has = (reason: string) => events.some((event) => event.reason === reason)
  if (has('TriggeredScaleUp') || has('Nominated') || (status?.nominatedNodeName ?? '') !== '')
    return 'unschedulable-for-now'
  return has('NotTriggerScaleUp') ? 'unschedulable-for-good' : 'unschedulable'
}

/** `3 Insufficient cpu, 2 node(s) had …`, without the scheduler's intro and its words on preemption. */
const reasonsIn = (message: string): string =>
  message
    .replace(/,? ?preemption:.*$/s, '')
    .replace(/\.? ?no new claims to deallocate$/, '')
    .replace(/\.$/, '')

const requestOf = ({ spec }: Pod, resource: string): number =>
  (spec?.containers ?? []).reduce(
    (sum, { resources }) => sum + quantityOf(resources?.requests?.[resource] ?? resources?.limits?.[resource] ?? '0'),
    0,
  )

/** In the unit of the resource that people write: cores, or GiB of memory. */
const amount = (resource: string, value: number): string =>
  /memory|storage/.test(resource)
    ? `${Math.round((value / 2 ** 30) * 100) / 100}Gi`
    : `${Math.round(value * 1000) / 1000}`

/** Per resource that is short: what the pod asks for, and what the largest node has to give. */
const shortages = (message: string, pod: Pod, nodes: readonly Node[]): readonly string[] => {
  const short = new Set([...message.matchAll(/Insufficient ([\w./-]*\w)/g)].map(([, resource = '']) => resource))
  return [...short].map((resource) => {
    const asked = amount(resource, requestOf(pod, resource))
    const sizes = nodes.map(({ status }) => quantityOf(status?.allocatable?.[resource] ?? '0'))
    const most = nodes.length === 0 ? '' : `, the largest node has ${amount(resource, Math.max(...sizes))} in all`
    return `it asks for ${resource} ${asked}${most}`
  })
}

const CLAIM = /unbound immediate PersistentVolumeClaims|persistentvolumeclaim "[^"]+" not found/i

/** Signs that no node takes a pod. */
export const schedulingFindings = (scene: Scene): readonly Finding[] =>
  scene.mine.flatMap((pod): readonly Finding[] => {
    const scheduled = conditionOf(pod, 'PodScheduled')
    if (scheduled?.status !== 'False') return []
    const { reason, message } = scheduled
    const text = message ?? ''
    const events = scene.eventsOf(pod).filter((event) => SCHEDULING.has(event.reason ?? ''))
    const name = `pod ${pod.metadata.name}`
    const base = {
      object: scene.expected.reference,
      pod,
      sightings: [sightingOf(referenceOf(pod), reason ?? '', text), ...eventSightings(events)],
    }
    if (reason === 'SchedulingGated')
      return [
        {
          ...base,
          sign: 'scheduling-gated',
          what: `${name} is held back by a scheduling gate`,
          advice: 'Whoever set spec.schedulingGates has to take them away.',
        },
      ]
    if (CLAIM.test(text))
      return [
        {
          ...base,
          sign: 'pvc-unbound',
          what: `${name} waits for a volume claim that is not bound: ${reasonsIn(text)}`,
          advice:
            'Look at the claim with kubectl describe pvc: its storage class, its size, and whether its driver is installed.',
        },
      ]
    const short = shortages(text, pod, scene.nodes)
    const numbers = short.length === 0 ? '' : ` (${short.join('; ')})`
    return [
      {
        ...base,
        sign: signOf(pod, events),
        what: `no node takes ${name}: ${reasonsIn(text)}${numbers}`,
        advice:
          short.length === 0
            ? "Compare the pod's nodeSelector, affinity and tolerations with labels and taints of the nodes."
            : 'Lower the requests, add nodes or larger ones, or free what other pods hold.',
      },
    ]
  })
