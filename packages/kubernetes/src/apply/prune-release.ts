import { ActionError, isManagedByUs, objectName, type ObjectReference } from '@mlops/core'
import type { PruneRelease } from '../release-api.ts'

export const pruneRelease: PruneRelease = async (cluster, writer, record, context) => {
  const removed: ObjectReference[] = []
  // Objects that the record speaks of without saying how they are to be.
  const planned = record.objects.filter(({ applied, before }) => applied === undefined && before !== undefined)
  for (const { reference, uid } of planned) {
    const live = await cluster.get(reference)
    if (live === undefined || uid === undefined || live.metadata.uid !== uid || !isManagedByUs(live)) continue
    context.signal.throwIfAborted()
    writer.assertHeld()
    const result = await cluster.remove(reference, uid)
    if (typeof result !== 'string')
      throw new ActionError({
        code: result.status === 403 ? 'E-FORBIDDEN' : 'E-RELEASE',
        kind: 'remote',
        what: `${objectName(reference)} was not deleted, though the release no longer has it`,
        why: result.message,
        hint: 'delete it yourself, or set prune: none',
      })
    if (result !== 'removed') continue
    removed.push(reference)
    context.log.info(`${objectName(reference)} deleted: the release no longer has it`)
  }
  return removed
}
