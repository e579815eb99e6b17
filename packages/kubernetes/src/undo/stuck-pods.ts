import { type Cluster, isReady, type KubernetesObject, type ObjectReference } from '@mlops/core'
import { fieldsOf } from '../fields.ts'

/**
 * Pods of a StatefulSet that the new revision has broken. Its controller waits for them to become ready before it goes on,
 * also when it is to go back (Kubernetes, StatefulSet, "Forced rollback"), so they must be deleted.
 *
 * @param live the StatefulSet before it is put back
 */
export const stuckPods = async (
  cluster: Cluster,
  live: KubernetesObject,
): Promise<readonly { readonly reference: ObjectReference; readonly uid: string }[]> => {
  const { updateRevision, currentRevision } = fieldsOf(live['status'])
  if (live.kind !== 'StatefulSet' || updateRevision === currentRevision) return []
  const { namespace = '', uid } = live.metadata
  const pods = await cluster.list({ apiVersion: 'v1', kind: 'Pod', namespace })
  return pods
    .filter(
      (pod) =>
        pod.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true &&
        pod.metadata.labels?.['controller-revision-hash'] === updateRevision &&
        !isReady(pod),
    )
    .map(({ metadata }) => ({
      reference: { apiVersion: 'v1', kind: 'Pod', namespace, name: metadata.name },
      uid: metadata.uid ?? '',
    }))
}
