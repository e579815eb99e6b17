import { type KubernetesObject, objectName, referenceOf } from './kubernetes-object.ts'
import { isAutoscaled, podsIn, replicasOf } from './replicas.ts'
import { fieldsOf, itemsOf, textOf, valueAt } from './values.ts'

const nameOf = (object: KubernetesObject) => objectName(referenceOf(object))

/** A StatefulSet or DaemonSet that a rollout does not reach as a whole: it counts as done all the same. */
const heldBack = (object: KubernetesObject): readonly string[] => {
  const { type, rollingUpdate } = fieldsOf(valueAt(object, ['spec', 'updateStrategy']))
  if (type === 'OnDelete')
    return [`${nameOf(object)} replaces a pod only when somebody deletes it (OnDelete): until then it runs what it ran`]
  const { partition = 0 } = fieldsOf(rollingUpdate)
  return partition === 0
    ? []
    : [`${nameOf(object)} leaves its first ${String(partition)} pods as they are (partition ${String(partition)})`]
}

/** The fewest pods that the workload has when nothing is wrong. */
const fewestPods = (workload: KubernetesObject, objects: readonly KubernetesObject[]): number => {
  const scaler = objects.find((object) => object.kind === 'HorizontalPodAutoscaler' && isAutoscaled(workload, [object]))
  const least = valueAt(scaler, ['spec', 'minReplicas'])
  return scaler === undefined ? (replicasOf(workload) ?? 1) : typeof least === 'number' ? least : 1
}

type Meets = (value: unknown, values: readonly unknown[]) => boolean
const OPERATORS: Readonly<Record<string, Meets>> = {
  In: (value, values) => values.includes(value),
  NotIn: (value, values) => !values.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
}

/** Whether a LabelSelector means pods with these labels; an empty one means all (policy/v1). */
const selects = (selector: unknown, labels: Readonly<Record<string, unknown>>): boolean => {
  const { matchLabels, matchExpressions } = fieldsOf(selector)
  return (
    selector !== undefined &&
    Object.entries(fieldsOf(matchLabels)).every(([key, value]) => labels[key] === value) &&
    itemsOf(matchExpressions)
      .map(fieldsOf)
      .every(
        ({ key, operator, values }) => OPERATORS[textOf(operator)]?.(labels[textOf(key)], itemsOf(values)) ?? false,
      )
  )
}

/** How many of so many pods a PodDisruptionBudget lets go at rest; shares are rounded up (the disruption controller). */
const allowedBy = (budget: KubernetesObject, pods: number): number => {
  const { minAvailable, maxUnavailable } = fieldsOf(budget['spec'])
  return minAvailable === undefined
    ? podsIn(maxUnavailable ?? 1, pods, Math.ceil)
    : pods - podsIn(minAvailable, pods, Math.ceil)
}

/** Budgets that keep a node from ever being drained, which nobody sees before the day somebody has to. */
const undrainable = (workload: KubernetesObject, objects: readonly KubernetesObject[]): readonly string[] => {
  const labels = fieldsOf(valueAt(workload, ['spec', 'template', 'metadata', 'labels']))
  const budgets = objects.filter(
    (object) =>
      object.kind === 'PodDisruptionBudget' &&
      object.metadata.namespace === workload.metadata.namespace &&
      selects(valueAt(object, ['spec', 'selector']), labels),
  )
  const pods = fewestPods(workload, objects)
  const name = nameOf(workload)
  if (budgets.length > 1)
    return [`${name} has ${budgets.length} budgets (${budgets.map(nameOf).join(', ')}): no pod of two is ever evicted`]
  return budgets
    .filter((budget) => pods > 0 && allowedBy(budget, pods) <= 0)
    .map((budget) => `${nameOf(budget)} lets none of ${pods} pods of ${name} go: their nodes cannot be drained`)
}

const EVICTED: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet'])
const HELD: ReadonlySet<string> = new Set(['DaemonSet', 'StatefulSet'])

/** What is no fault of a release, but will surprise who runs it: one sentence each. */
export const cautionsOf = (objects: readonly KubernetesObject[]): readonly string[] => [
  ...objects.filter(({ kind }) => HELD.has(kind)).flatMap(heldBack),
  ...objects.filter(({ kind }) => EVICTED.has(kind)).flatMap((workload) => undrainable(workload, objects)),
]
