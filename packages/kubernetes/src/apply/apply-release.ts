import {
  adoptedRecord,
  type Diagnosis,
  type ExpectedWorkload,
  expectationOf,
  isoTime,
  type KubernetesObject,
  objectKey,
  objectName,
  pendingRecord,
  type RecordedObject,
  type ReleaseRecord,
} from '@mlops/core'
import { refuseNewer } from '../records/release-records.ts'
import type { Applied, ApplyRelease } from '../release-api.ts'
import { sha256 } from '../sha256.ts'
import { type Pen, writeObject } from './write-object.ts'

/** The record with what the API server has made of some of its objects. */
export const withWritten = (record: ReleaseRecord, written: readonly KubernetesObject[]): ReleaseRecord => {
  const byKey = new Map(
    written.map((object) => {
      const { apiVersion, kind, metadata } = object
      return [objectKey({ apiVersion, kind, name: metadata.name, namespace: metadata.namespace ?? '' }), object]
    }),
  )
  const objects = record.objects.map((recorded): RecordedObject => {
    const metadata = byKey.get(objectKey(recorded.reference))?.metadata
    return metadata === undefined
      ? recorded
      : { ...recorded, uid: metadata.uid ?? '', resourceVersion: metadata.resourceVersion ?? '' }
  })
  return { ...record, objects }
}

/** What is to be waited for of the objects that were written. */
export const expectedOf = (written: readonly KubernetesObject[]): readonly ExpectedWorkload[] =>
  written.flatMap((object) => expectationOf(object) ?? [])

export const applyRelease: ApplyRelease = async (cluster, writer, options, context): Promise<Applied> => {
  const { plan, records, conflicts, recordSecrets } = options
  const stored = await records.list()
  refuseNewer(stored, plan.facts.release)
  const [newest] = stored.records
  const createdAt = isoTime(context.clock.now())
  const recording = { createdAt, fencing: writer.fencing, recordSecrets, sha256 }
  const adopted = newest === undefined ? adoptedRecord(plan, recording) : undefined
  if (adopted !== undefined) await records.write(adopted, writer)
  const pending = pendingRecord(plan, newest ?? adopted, recording)
  await records.write(pending, writer)

  const pen: Pen = { cluster, writer, clock: context.clock, signal: context.signal }
  const written: KubernetesObject[] = []
  const refusal = async (diagnosis: Diagnosis): Promise<Applied> => {
    const record = {
      ...withWritten(pending, written),
      because: diagnosis.sentence,
      failureClass: diagnosis.failureClass,
    }
    await records.write(record, writer)
    return { kind: 'refused', record, diagnosis }
  }
  for (const { send, live, recreate, reference, change } of plan.objects) {
    const instead = recreate ? live?.metadata.uid : undefined
    const result = await writeObject(pen, send, { live, conflicts, ...(instead === undefined ? {} : { instead }) })
    if (result.kind === 'refused') return refusal(result.diagnosis)
    written.push(result.object)
    if (change !== 'same') context.log.info(`${objectName(reference)} ${change === 'create' ? 'created' : 'changed'}`)
  }
  const record = withWritten(pending, written)
  await records.write(record, writer)
  return { kind: 'applied', record, expected: expectedOf(written) }
}
