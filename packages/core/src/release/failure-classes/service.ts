import { objectKey, type ObjectReference, referenceOf } from '../kubernetes-object.ts'
import type { Observation } from '../rollout.ts'
import type { Scene } from '../rollout-scene.ts'
import type { EndpointSlice, Pod, Service } from '../rollout-shapes.ts'
import { type Finding, sightingOf } from './finding.ts'

const selects = (selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>> = {}) =>
  Object.entries(selector).every(([label, value]) => labels[label] === value)

const isServed = (service: Service, slices: readonly EndpointSlice[]): boolean =>
  slices
    .filter(({ metadata }) => metadata.namespace === service.metadata.namespace)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name)
    // Not said is ready, as the API defines it. A port name that no container has leaves a slice without ports.
    .some(
      ({ endpoints, ports }) =>
        (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false) &&
        ((service.spec?.ports ?? []).length === 0 || (ports ?? []).length > 0),
    )

const why = (service: Service, pods: readonly Pod[]): Pick<Finding, 'what' | 'advice'> => {
  const selector = service.spec?.selector ?? {}
  const chosen = pods.filter(({ metadata }) => selects(selector, metadata.labels))
  const text = Object.entries(selector)
    .map(([label, value]) => `${label}=${value}`)
    .join(', ')
  if (chosen.length === 0)
    return {
      what: `its selector (${text}) chooses no pod of the release`,
      advice: "Bring the Service's selector and the labels of the pod template together.",
    }
  const ports = (service.spec?.ports ?? []).map(({ port, targetPort = port }) => String(targetPort)).join(', ')
  return {
    what: `it has no ready endpoint, though its selector (${text}) chooses ${chosen.length} of the release's pods`,
    advice: `Give a container of the pods a port of the name that the Service wants (targetPort ${ports}).`,
  }
}

/** A workload that is to have no pods leaves its Services without endpoints, and that is as it should be. */
const isIdle = (service: Service, scenes: readonly Scene[]): boolean =>
  scenes.some(
    ({ workload }) =>
      workload?.spec?.replicas === 0 && selects(service.spec?.selector ?? {}, workload.spec.template?.metadata?.labels),
  )

/** Services of the release that lead nowhere. To be asked when its pods are ready. */
export const serviceFindings = (
  scenes: readonly Scene[],
  seen: Observation,
  objects: readonly ObjectReference[],
): readonly Finding[] => {
  const keys = new Set(objects.map((one) => objectKey(one)))
  const pods = scenes.flatMap(({ mine }) => mine)
  return (seen.services as readonly Service[])
    .filter((service) => keys.has(objectKey(referenceOf(service))))
    .filter(({ spec }) => Object.keys(spec?.selector ?? {}).length > 0)
    .filter(
      (service) => !isIdle(service, scenes) && !isServed(service, seen.endpointSlices as readonly EndpointSlice[]),
    )
    .map((service): Finding => {
      const object = referenceOf(service)
      const told = why(service, pods)
      return { sign: 'no-endpoints', object, ...told, sightings: [sightingOf(object, 'Endpoints', 'none is ready')] }
    })
}
