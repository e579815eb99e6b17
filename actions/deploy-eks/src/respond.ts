import type { ReleaseRecord, Restored } from '@mlops/core'
import type { Lease } from '@mlops/kubernetes'
import type { Response } from './failure.ts'
import { putBack, type Undoing } from './put-back.ts'

/** Classes that nothing can cure which is written now, or that somebody else is at work on. */
const STAND_BACK: ReadonlySet<string> = new Set(['environment', 'superseded', 'namespace-gone'])

/** Ends of a rollback that has written nothing, not even into the record of the release. */
const UNTOUCHED: ReadonlySet<Restored['kind']> = new Set(['no-target', 'superseded', 'refused'])

/** Why a release is not as it should be. */
export interface Cause {
  readonly because: string
  /** Absent when it has not failed, and was only cut off in the middle. */
  readonly failureClass?: string | undefined
}

/** Whether it was being undone when its writer was lost. */
const isBeingUndone = ({ restores, health }: ReleaseRecord) => restores !== undefined || health === 'unhealthy'

/** What is done about a release that does not run, or that was cut off in the middle; its record tells. */
export const respond = async (
  job: Undoing,
  lease: Lease,
  record: ReleaseRecord,
  { failureClass, because }: Cause,
): Promise<Response> => {
  if (failureClass === undefined || isBeingUndone(record))
    return { kind: 'restored', restored: await putBack(job, lease, because, failureClass) }
  // There is no place left to write to.
  if (failureClass === 'namespace-gone') return { kind: 'stood-back' }
  const end = (status: ReleaseRecord['status']) =>
    job.records.write({ ...record, status, failureClass, because }, lease)
  if (STAND_BACK.has(failureClass)) {
    await end(failureClass === 'superseded' ? 'superseded' : 'failed')
    return { kind: 'stood-back' }
  }
  if (job.inputs.onFailure === 'leave') {
    await end('failed')
    return { kind: 'left' }
  }
  // Until it is undone somebody has to see to it, should this run be lost.
  await end('pending')
  const restored = await putBack(job, lease, because, failureClass)
  if (UNTOUCHED.has(restored.kind)) await end('failed')
  return { kind: 'restored', restored }
}
