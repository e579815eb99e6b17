import { expect, test } from '@jest/globals'
import type { Diagnosis, FailureClass, ReleaseRecord, Restored } from '@mlops/core'
import { markdown } from '@mlops/report'
import { releaseRecord } from '@mlops/testing'
import { failedError, olderError, refusedError, type Response } from '../src/failure.ts'
import { deployedReport, diffText, plannedReport, type Story, unchangedReport } from '../src/report.ts'

const reference = (kind: string, name: string) => ({ apiVersion: 'v1', kind, namespace: 'retail', name })
const facts = {
  release: 'model',
  namespace: 'retail',
  appVersion: 'abcdef0',
  commit: 'abcdef0123',
  repository: 'acme/retail',
  actor: 'ada',
  runUrl: 'https://github.com/acme/retail/actions/runs/1',
}
const record = (more: Partial<ReleaseRecord>) => releaseRecord({ ...facts, revision: 6, health: 'healthy', ...more })
const story: Story = {
  facts,
  revision: 7,
  previous: record({}),
  images: { model: 'registry/model@sha256:1' },
  notes: [],
  diffs: [
    {
      reference: reference('ConfigMap', 'new'),
      change: 'create',
      rollout: false,
      lines: [{ path: 'data', after: 'x' }],
    },
    {
      reference: reference('Deployment', 'model'),
      change: 'change',
      rollout: true,
      lines: [
        { path: 'spec.replicas', before: '1', after: '2' },
        { path: 'spec.paused', before: 'true' },
      ],
    },
    { reference: reference('Service', 'model'), change: 'same', rollout: false, lines: [] },
    { reference: reference('ConfigMap', 'old'), change: 'delete', rollout: false, lines: [] },
  ],
  phases: [
    { name: 'apply', milliseconds: 1234 },
    { name: 'rollout', milliseconds: 4000 },
  ],
}
const diagnosis = (failureClass: FailureClass): Diagnosis => ({
  failureClass,
  object: reference('Deployment', 'model'),
  sentence: 'Deployment/model: the container ends.',
  advice: 'Read its log.',
  sightings: [{ from: 'Event', reason: 'BackOff', message: 'back-off | ::error::x' }],
  container: { namespace: 'retail', pod: 'model-1', container: 'main', previous: true },
  log: ['::error::taken for a command?', '```'],
})

test('what was deployed, counted and timed', () => {
  expect(deployedReport(story).headline).toBe(
    'Release model, revision 7, in retail runs: 1 created, 1 changed, 1 deleted, 1 unchanged, in 5.2 s. It awaits the verdict of health-check-rollback.',
  )
  expect(markdown(deployedReport(story))).toContain('| Deployment/model | changed | yes | 2 |')
})

test('what would be deployed, and what is there already', () => {
  expect(plannedReport(story).headline).toBe(
    'Release model, revision 7, in retail would create 1, change 1, delete 1, leave 1; pods of Deployment/model would be replaced. Nothing was written.',
  )
  const [, , same = story.diffs[0]] = story.diffs
  expect(plannedReport({ ...story, diffs: same === undefined ? [] : [same] }).headline).toContain(
    'no pod would be replaced',
  )
  expect(unchangedReport(story).headline).toContain('is what is there already')
})

test('differences are told line by line, of new and of unchanged objects none', () => {
  expect(diffText(story.diffs)).toBe(
    [
      'ConfigMap/new: create',
      'Deployment/model: change',
      '  spec.replicas: 1 -> 2',
      '  spec.paused: true -> (none)',
      'ConfigMap/old: delete',
      '',
    ].join('\n'),
  )
})

const choice = { target: record({}), because: 'Revision 6 is the newest healthy one.', passedOver: [] }
const took = { choice, milliseconds: 12_000 }
const restoredAs = (restored: Restored): Response => ({ kind: 'restored', restored })
const done = {
  ...took,
  record: record({ revision: 8 }),
  restored: [reference('Deployment', 'model')],
  removed: [],
  recreated: [],
  kept: [],
}
const again = [diagnosis('unschedulable')] as const

test.each<readonly [string, FailureClass, Response, string, string, RegExp]>([
  [
    'put back',
    'crash-loop',
    restoredAs({ ...done, kind: 'restored' }),
    'rolled-back',
    'E-RELEASE-FAILED',
    /revision 6 is back and runs after 12\.0 s/,
  ],
  [
    'nothing before',
    'crash-loop',
    restoredAs({ ...done, kind: 'nothing' }),
    'failed-no-target',
    'E-NO-TARGET',
    /[;.] (?:Now )?what it created is removed, as there was nothing before it\b/,
  ],
  [
    'no target',
    'crash-loop',
    restoredAs({ ...took, kind: 'no-target' }),
    'failed-no-target',
    'E-NO-TARGET',
    /nothing to go back to/,
  ],
  [
    'not put back',
    'crash-loop',
    restoredAs({ ...took, kind: 'failed', whole: true, diagnoses: again }),
    'rollback-failed',
    'E-ROLLBACK-FAILED',
    /revision 6 was put back, but does not run/,
  ],
  [
    'half put back',
    'crash-loop',
    restoredAs({ ...took, kind: 'failed', whole: false, diagnoses: again }),
    'rollback-failed',
    'E-ROLLBACK-FAILED',
    /revision 6 was put back only in part/,
  ],
  [
    'half removed',
    'crash-loop',
    restoredAs({
      choice: { because: '', passedOver: [] },
      milliseconds: 1,
      kind: 'failed',
      whole: false,
      diagnoses: again,
    }),
    'rollback-failed',
    'E-ROLLBACK-FAILED',
    /what it created was removed only in part/,
  ],
  [
    'image gone',
    'crash-loop',
    restoredAs({ ...took, kind: 'refused', diagnoses: again }),
    'rollback-failed',
    'E-ROLLBACK-FAILED',
    /can't be put back/,
  ],
  [
    'changed since',
    'crash-loop',
    restoredAs({ ...took, kind: 'superseded', diagnoses: again }),
    'superseded',
    'E-SUPERSEDED',
    /somebody else/,
  ],
  ['left', 'crash-loop', { kind: 'left' }, 'failed', 'E-RELEASE-FAILED', /as on-failure says/],
  ['changed meanwhile', 'superseded', { kind: 'stood-back' }, 'superseded', 'E-SUPERSEDED', /somebody else/],
  ['cluster fails', 'environment', { kind: 'stood-back' }, 'environment', 'E-ENVIRONMENT', /no older release/],
])(
  'a failed release, %s: status, code, and what became of the one before',
  (_, failureClass, response, status, code, clause) => {
    const { facts: error, message } = failedError(story, [diagnosis(failureClass)], response, { revision: '7' })
    expect([error.code, error.outputs]).toMatchObject([code, { status, 'failure-class': failureClass, revision: '7' }])
    expect(message).toMatch(clause)
    expect(message).toContain('Deployment/model: the container ends. | Read its log.')
    expect(error.report?.headline).toMatch(clause)
    expect(JSON.parse(error.outputs?.['failed-workloads'] ?? '')).toEqual([
      {
        object: 'Deployment/model',
        namespace: 'retail',
        class: failureClass,
        sentence: 'Deployment/model: the container ends.',
        advice: 'Read its log.',
      },
    ])
  },
)

test('foreign words stay words: a log in a fence of its own, a message in its cell', () => {
  const { facts: error } = failedError(story, [diagnosis('crash-loop')], { kind: 'left' }, {})
  const text = markdown(error.report ?? { headline: '', blocks: [] })
  expect(text).toContain('````text\n::error::taken for a command?\n```\n````')
  expect(text).toContain('| Event | BackOff | back-off \\| ::error::x |')
})

test('a refusal names the first fault, counts the others, and lists all', () => {
  const { facts: error } = refusedError(facts, [diagnosis('conflict'), diagnosis('immutable-field')], {})
  expect([error.code, error.outputs]).toMatchObject(['E-PREFLIGHT', { status: 'refused', 'failure-class': 'conflict' }])
  expect(error.why).toContain('and 1 more')
  expect(markdown(error.report ?? { headline: '', blocks: [] })).toContain('| Deployment/model | immutable-field |')
})

test('an older commit is refused with the newer one', () => {
  const { facts: error } = olderError(facts, record({ commit: 'fedcba9876' }), {})
  expect([error.code, error.outputs?.['status'], error.why]).toEqual([
    'E-OLDER',
    'refused',
    expect.stringContaining('fedcba9'),
  ])
})
