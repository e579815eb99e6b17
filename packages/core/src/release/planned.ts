import type { KubernetesObject } from './kubernetes-object.ts'
import type { Change } from './plan.ts'
import { withoutServerFields } from './server-fields.ts'
import { withoutStamps } from './stamps.ts'
import { isSame, valueAt } from './values.ts'

const ROLLED_OUT: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet'])
const TEMPLATE = ['spec', 'template'] as const

/** Whether applying would change anything but what each release says anew of itself. */
export const changeOf = (live: KubernetesObject | undefined, result: KubernetesObject): Change => {
  if (live === undefined) return 'create'
  const [before, after] = [live, result].map((object) => withoutStamps(withoutServerFields(object)))
  return isSame(before, after) ? 'same' : 'change'
}

/** Whether pods will be replaced, or made. */
export const rollsOut = (live: KubernetesObject | undefined, result: KubernetesObject): boolean => {
  if (live === undefined) return ROLLED_OUT.has(result.kind) || result.kind === 'Job'
  return ROLLED_OUT.has(result.kind) && !isSame(valueAt(live, TEMPLATE), valueAt(result, TEMPLATE))
}

/** Whether a Job has ended, well or badly. */
export const isFinishedJob = ({ kind, status }: KubernetesObject): boolean => {
  const conditions = valueAt(status, ['conditions'])
  return (
    kind === 'Job' &&
    Array.isArray(conditions) &&
    conditions.some(
      (condition) =>
        ['Complete', 'Failed'].includes(String(valueAt(condition, ['type']))) &&
        valueAt(condition, ['status']) === 'True',
    )
  )
}
