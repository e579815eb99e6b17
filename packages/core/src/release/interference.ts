import type { KubernetesObject } from './kubernetes-object.ts'
import { settersSinceOurs } from './managed-fields.ts'
import type { RecordedObject } from './record.ts'
import { isSecret } from './secrets.ts'
import { withoutServerFields } from './server-fields.ts'
import { fieldsOf, isSame, project, valueAt, withValue } from './values.ts'

/** What others may change of an object without its being another one: scaling, and keys that were taken away. */
const settled = (object: KubernetesObject): KubernetesObject =>
  valueAt(object, ['spec', 'replicas']) === undefined ? object : withValue(object, ['spec', 'replicas'], undefined)

const isConfigMap = ({ apiVersion, kind }: KubernetesObject) => apiVersion === 'v1' && kind === 'ConfigMap'

/**
 * Whether the object in the cluster still says what was written. A key of a ConfigMap that is missing is no other's work to
 * be kept: it breaks the release, and a rollback brings it back.
 */
const stillSays = (live: KubernetesObject, written: KubernetesObject): boolean => {
  const shape = settled(written)
  const found = fieldsOf(project(live, shape))
  return isSame(found, isConfigMap(written) ? project(shape, { ...found, metadata: shape.metadata }) : shape)
}

const OTHER = 'no longer says what the release wrote'

/**
 * How an object is not the one that was written any more, as the end of a sentence; undefined when it is. Says nothing of
 * Secrets, which may be rotated, and of Jobs that are gone, which the cluster may clean up.
 */
export const departure = (live: KubernetesObject | undefined, recorded: RecordedObject): string | undefined => {
  const { applied, uid } = recorded
  if (applied === undefined || isSecret(applied)) return undefined
  if (live === undefined) return applied.kind === 'Job' ? undefined : 'was deleted'
  if (uid !== undefined && live.metadata.uid !== uid) return 'was deleted and made anew'
  if (valueAt(live, ['spec', 'paused']) === true && valueAt(applied, ['spec', 'paused']) !== true) return 'was paused'
  return stillSays(live, applied) ? undefined : OTHER
}

/** The writer may have been lost before it came to this object. */
const isUntouched = (live: KubernetesObject, { uid, before }: RecordedObject) =>
  uid === undefined && before !== undefined && isSame(settled(withoutServerFields(live)), settled(before))

/**
 * What somebody else has done to an object since it was written, as the end of a sentence; undefined when nobody has. The
 * status, replicas and controllers at their work count for nothing. Secrets have a rule of their own: see `undoPlan`.
 */
export const interference = (live: KubernetesObject, recorded: RecordedObject): string | undefined => {
  if (recorded.applied === undefined || isSecret(live)) return undefined
  const how = departure(live, recorded)
  if (how !== undefined) return how === OTHER && isUntouched(live, recorded) ? undefined : how
  const [setter] = isConfigMap(live) ? [] : settersSinceOurs(live)
  return setter === undefined ? undefined : `was changed by ${setter}`
}
