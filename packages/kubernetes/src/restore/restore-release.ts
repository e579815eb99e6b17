import { type Diagnosis, isUnfinished, type ReleaseRecord, targetOf } from '@mlops/core'
import type { Writer } from '../release-api.ts'
import { undoRelease } from '../undo/undo-release.ts'
import { followRelease } from './follow-release.ts'
import type { Restored, RestoreOptions, RestoreRelease } from './restore-api.ts'

type Diagnoses = readonly [Diagnosis, ...(readonly Diagnosis[])]
type Target = ReleaseRecord | 'nothing'

/** Nothing of it was there before, so all that it has created can go. */
const isWhollyNew = ({ objects }: ReleaseRecord) => objects.length > 0 && objects.every(({ created }) => created)

/** It was on the way to undo another one. */
const isBegunRollback = (record: ReleaseRecord) => record.restores !== undefined && isUnfinished(record)

const named = (target: Target) => (target === 'nothing' ? 'nothing' : `revision ${target.revision}`)

/** Writes how it ended: into the record of the rollback, and into that of the release that is undone. */
const conclude = async (
  { records, because, failureClass }: RestoreOptions,
  writer: Writer,
  {
    rollback,
    undone,
    target,
  }: { readonly rollback: ReleaseRecord; readonly undone: ReleaseRecord; readonly target: Target },
  diagnoses?: Diagnoses,
): Promise<void> => {
  const [first] = diagnoses ?? []
  if (target !== 'nothing')
    await records.write(
      first === undefined
        ? { ...rollback, status: 'deployed', because: `It puts ${named(target)} back: ${because}` }
        : { ...rollback, status: 'failed', failureClass: first.failureClass, because: first.sentence },
      writer,
    )
  const status = first === undefined ? 'rolled-back' : 'rollback-failed'
  await records.write({ ...undone, status, because, ...(failureClass === undefined ? {} : { failureClass }) }, writer)
}

export const restoreRelease: RestoreRelease = async (cluster, writer, options, context): Promise<Restored> => {
  const { records, timeoutMs, onFirst } = options
  const { clock, log } = context
  const from = clock.now()
  const stored = await records.list()
  const [newest] = stored.records
  const choice = targetOf(stored.records, options)
  const said = () => ({ choice, milliseconds: clock.now() - from })
  const canGo = onFirst === 'remove' && choice.forbidden !== true && newest !== undefined && isWhollyNew(newest)
  const target: Target | undefined = choice.target ?? (canGo ? 'nothing' : undefined)
  if (newest === undefined || target === undefined) return { kind: 'no-target', ...said() }
  log.info(`going back to ${named(target)}: ${choice.because}`)
  const done = await undoRelease(cluster, writer, { ...options, target }, context)
  // Nothing was written.
  if ('diagnoses' in done) return { ...done, ...said() }
  const rollback = done.record
  const undone = stored.records.find((record) => !isBegunRollback(record)) ?? newest
  const ended = { rollback, undone, target }
  const fail = async (diagnoses: Diagnoses, whole: boolean): Promise<Restored> => {
    await conclude(options, writer, ended, diagnoses)
    return { kind: 'failed', whole, diagnoses, ...said() }
  }
  if (done.kind === 'failed') return fail([done.diagnosis], false)
  const end = await followRelease(cluster, rollback, done.expected, timeoutMs, context)
  if (end.kind === 'failed') return fail(end.diagnoses, true)
  await conclude(options, writer, ended)
  return { ...done, kind: target === 'nothing' ? 'nothing' : 'restored', ...said() }
}
