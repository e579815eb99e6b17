import { expect, test } from '@jest/globals'
import { type ReleaseRecord, readRecord, recordText, targetOf } from '../../src/index.ts'
import { configMapOf, recordOf } from './objects.ts'

const failed = recordOf(9, { status: 'failed', health: 'awaiting-verdict' })
const chosen = (older: readonly ReleaseRecord[], requireHealthy = false, newest = failed) => {
  const { target, passedOver } = targetOf([newest, ...older], { requireHealthy })
  return { target: target?.revision, passedOver }
}

test('the newest healthy release is gone back to, and it is said why none of the newer ones is', () => {
  const older = [
    recordOf(8, { health: 'unjudged' }),
    recordOf(7, { health: 'unhealthy' }),
    recordOf(6, { status: 'rolled-back' }),
    recordOf(5),
    recordOf(4),
  ]
  expect(chosen(older)).toEqual({
    target: 5,
    passedOver: [
      { revision: 8, why: 'it is unjudged, and an older one is healthy' },
      { revision: 7, why: 'it was found unhealthy' },
      { revision: 6, why: 'its status is rolled-back' },
    ],
  })
})

test('without a healthy one, the newest that rolled out and is not known to be bad', () => {
  const older = [
    recordOf(8, { health: 'unhealthy' }),
    recordOf(7, { health: 'unjudged' }),
    recordOf(0, { health: 'unjudged' }),
  ]
  expect(chosen(older).target).toBe(7)
  expect(chosen(older, true).target).toBeUndefined()
})

test('at last what was there before the first release', () => {
  expect(chosen([recordOf(0, { health: 'unjudged' })]).target).toBe(0)
  expect(chosen([recordOf(0, { health: 'unjudged' })], true).target).toBeUndefined()
  expect(chosen([recordOf(8, { health: 'unhealthy' })]).target).toBeUndefined()
})

test('a rollback that was begun is finished, though a newer one has become healthy', () => {
  for (const status of ['pending', 'interrupted'] as const) {
    const begun = recordOf(9, { status, health: 'awaiting-verdict', restores: 3 })
    expect(chosen([recordOf(8), recordOf(3)], false, begun).target).toBe(3)
  }
  const failed3 = recordOf(9, { status: 'failed', health: 'awaiting-verdict', restores: 3 })
  expect(chosen([recordOf(8), recordOf(3)], false, failed3).target).toBe(8)
})

test('an object that forbids it keeps every release after it', () => {
  const migrated = configMapOf('schema', {})
  const applied = { ...migrated, metadata: { ...migrated.metadata, annotations: { 'mlops/rollback': 'forbidden' } } }
  const { apiVersion, kind, metadata } = applied
  const objects = [{ reference: { apiVersion, kind, name: metadata.name }, applied, created: true }]
  const { target, because } = targetOf([failed, recordOf(8, { health: 'unhealthy', objects }), recordOf(7)], {
    requireHealthy: false,
  })
  expect(target).toBeUndefined()
  expect(because).toContain('ConfigMap/schema')
  expect(targetOf([failed, recordOf(8, { objects })], { requireHealthy: false }).target?.revision).toBe(8)
})

test('a record is read as it was written', () => {
  const record = recordOf(3, { restores: 1, environment: 'prod' })
  expect(readRecord(recordText(record))).toEqual({ kind: 'document', value: record })
})

test.each([
  ['{', 'foreign'],
  ['[]', 'foreign'],
  [recordText({ ...recordOf(1), status: 'odd' as 'failed' }), 'foreign'],
  [recordText({ ...recordOf(1), objects: [{ reference: {} }] as never }), 'foreign'],
  [recordText({ ...recordOf(1), revision: -1 }), 'foreign'],
  [JSON.stringify({ ...recordOf(1), version: 2, status: 'new' }), 'newer'],
])('%.60s is no record that can be used: %s', (text, kind) => {
  expect(readRecord(text).kind).toBe(kind)
})
