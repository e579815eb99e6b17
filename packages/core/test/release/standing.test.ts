import { expect, test } from '@jest/globals'
import { newerHealthy, type ReleaseRecord, standingOf } from '../../src/index.ts'

const recordOf = (more: Partial<ReleaseRecord> = {}): ReleaseRecord => ({
  version: 1,
  release: 'model',
  namespace: 'retail',
  revision: 7,
  status: 'deployed',
  health: 'healthy',
  because: '',
  createdAt: '2026-11-26T00:00:00Z',
  commit: 'b',
  committedAt: '2026-11-25T12:00:00Z',
  repository: 'acme/retail',
  actor: 'ada',
  runUrl: 'https://github.com/acme/retail/actions/runs/1',
  fencing: 1,
  images: {},
  objects: [],
  ...more,
})

test.each([
  ['pending', 'awaiting-verdict', 'unfinished'],
  ['interrupted', 'awaiting-verdict', 'unfinished'],
  ['deployed', 'awaiting-verdict', 'unverified'],
  ['deployed', 'unjudged', 'settled'],
  ['deployed', 'healthy', 'settled'],
  ['deployed', 'unhealthy', 'settled'],
  ['failed', 'awaiting-verdict', 'settled'],
  ['rolled-back', 'awaiting-verdict', 'settled'],
  ['rollback-failed', 'unhealthy', 'settled'],
  ['superseded', 'awaiting-verdict', 'settled'],
] as const)('a release that is %s and %s is %s', (status, health, kind) => {
  expect(standingOf([recordOf({ status, health }), recordOf({ status: 'pending', revision: 6 })]).kind).toBe(kind)
})

test('a release that was never deployed is settled', () => {
  expect(standingOf([])).toEqual({ kind: 'settled' })
})

const older = { commit: 'a', committedAt: '2026-11-25T11:59:59Z' }

test('a healthy release of a newer commit is found', () => {
  expect(newerHealthy([recordOf()], older)?.revision).toBe(7)
})

test.each([
  ['the same commit', [recordOf()], { ...older, commit: 'b' }],
  ['a commit of the same second', [recordOf()], { ...older, committedAt: '2026-11-25T12:00:00Z' }],
  ['a commit of unknown time', [recordOf()], { commit: 'a' }],
  ['a time that cannot be compared', [recordOf()], { ...older, committedAt: '2026-11-25T11:59:59+02:00' }],
  ['a record without a time', [recordOf({ committedAt: '' })], older],
  ['a release that was not found healthy', [recordOf({ health: 'unjudged' })], older],
  ['a rollback', [recordOf({ restores: 3 })], older],
  [
    'an older one that was deployed over it on purpose',
    [recordOf({ committedAt: '2026-11-01T00:00:00Z' }), recordOf()],
    older,
  ],
])('nothing newer is found: %s', (_, records, commit) => {
  expect(newerHealthy(records, commit)).toBeUndefined()
})
