import type { Tooth } from './tooth.ts'

const ACTION = 'actions/health-check-rollback'
const [HEALTHY, UNHEALTHY, BAKE] = ['healthy', 'unhealthy', 'bake'].map(
  (name) => `${ACTION}/scenario/${name}` as const,
) as [string, string, string]
const CORE = 'packages/core/src/health'

/** What a change of one place breaks. */
const tooth = (
  suite: string,
  scenario: string,
  breaks: readonly string[],
  mutation: string,
  [file, find, replace]: readonly [file: string, find: string, replace: string],
): Tooth => ({ scenario: `health: ${scenario}`, suite, breaks, mutation, edits: [{ file, find, replace }] })

export const HEALTH_TEETH: readonly Tooth[] = [
  tooth(HEALTHY, 'champion and tags', ['a healthy release'], 'the champion before stays one', [
    `${CORE}/consequences.ts`,
    '.filter(({ arn, metadata }) => arn !== chosen && metadata[key] !== undefined)',
    ".filter(({ arn }) => arn === '')",
  ]),
  tooth(HEALTHY, 'each new pod', ['each new pod is asked'], 'no pod is found', [
    'packages/kubernetes/src/probe/cluster-subjects.ts',
    'const ready = mine.filter(isReady)',
    'const ready = mine.filter((pod) => !isReady(pod))',
  ]),
  tooth(HEALTHY, 'no golden answers', ['without golden answers'], 'a check that nobody could ask passes', [
    `${ACTION}/src/round.ts`,
    "      'unknown',\n",
    "      'passed',\n",
  ]),
  tooth(
    UNHEALTHY,
    'proof after the rollback',
    ['wrong predictions', 'mode: rollback'],
    'nobody asks what was put back',
    [
      `${ACTION}/src/settle.ts`,
      'if (checks === undefined) return { restored, record }',
      'if (checks !== undefined) return { restored, record }',
    ],
  ),
  tooth(
    UNHEALTHY,
    'the model is to blame',
    ['wrong predictions', 'a first release that is bad'],
    'the registry is not told',
    [`${ACTION}/src/registry.ts`, 'if (!isBlamed || found === undefined', 'if (isBlamed || found === undefined'],
  ),
  tooth(
    UNHEALTHY,
    'first release is bad',
    ['a first release that is bad: nothing to go back to, and what it created is kept'],
    'the input is not heard',
    [`${ACTION}/src/restore.ts`, 'onFirst: inputs.onFirstFailure', "onFirst: 'remove'"],
  ),
  tooth(UNHEALTHY, 'somebody has edited', ['somebody has edited'], 'it counts as rolled back', [
    `${ACTION}/src/settle.ts`,
    "status: 'superseded',",
    "status: 'rolled-back',",
  ]),
  tooth(UNHEALTHY, 'gone back by hand', ['somebody has gone back by hand'], 'only the record is looked at', [
    `${ACTION}/src/settle.ts`,
    'if (altered !== undefined) return altered',
    'if (altered?.message === record.release) return altered',
  ]),
  tooth(UNHEALTHY, 'image is gone', ['the image of what was there before'], 'images are not looked up', [
    `${ACTION}/src/restore.ts`,
    'imageExists: images.exists',
    'imageExists: () => Promise.resolve(true)',
  ]),
  tooth(UNHEALTHY, 'rollback: suggest', ['with rollback: suggest'], 'it is rolled back all the same', [
    `${ACTION}/src/settle.ts`,
    "const isAuto = job.inputs.rollback === 'auto'",
    "const isAuto = job.inputs.rollback !== 'never'",
  ]),
  tooth(UNHEALTHY, 'mode: rollback', ['mode: rollback'], 'the record does not say that it was bad', [
    `${ACTION}/src/settle.ts`,
    "{ ...record, health: 'unhealthy', because: reason }",
    '{ ...record, because: reason }',
  ]),
  tooth(BAKE, 'an alarm between two looks', ['an alarm that goes off for a moment'], 'the history is not read', [
    `${CORE}/alarms.ts`,
    'const first = went ?? (state',
    'const first = (state',
  ]),
  tooth(BAKE, 'an old alarm', ['an alarm that was on before'], 'any alarm counts', [
    `${CORE}/alarms.ts`,
    "state === 'ALARM' && since >= releasedAt",
    "state === 'ALARM' && since >= 0",
  ]),
  tooth(BAKE, 'a missing alarm', ['what could never be judged'], 'it is not missed', [
    `${CORE}/alarms.ts`,
    'if (absent.length > 0)',
    'if (absent.length > wanted.length)',
  ]),
  tooth(BAKE, 'too few requests', ['too few requests'], 'none are enough', [
    `${CORE}/verdict.ts`,
    '(requests ?? 0) >= minRequests.count',
    '(requests ?? 0) >= 0',
  ]),
  tooth(BAKE, 'superseded', ['a newer release ends the bake'], 'nobody looks while it bakes', [
    `${ACTION}/src/bake.ts`,
    '    await assertNewest(job)\n',
    '',
  ]),
  tooth(BAKE, 'SIGINT while it bakes', ['SIGINT while it bakes'], 'the pause does not end', [
    `${ACTION}/src/bake.ts`,
    'rest - (clock.now() - started))), signal)',
    'rest - (clock.now() - started))))',
  ]),
  tooth(BAKE, 'SIGINT while it rolls back', ['SIGINT in the middle of a rollback'], 'post does not finish it', [
    `${ACTION}/src/cleanup.ts`,
    'if (!isLeft(record, context)) return',
    'if (isLeft(record, context)) return',
  ]),
  tooth(BAKE, 'a bad checks file', ['a bad checks file'], 'only the first fault is shown', [
    `${ACTION}/src/checks.ts`,
    'locations: read.faults.map(',
    'locations: read.faults.slice(0, 1).map(',
  ]),
  tooth(
    `${ACTION}/test/run`,
    'killed before a rollback is begun',
    ['mode: judge, killed before', 'mode: rollback, killed before'],
    'post sees only to rollbacks that were begun',
    [
      `${ACTION}/src/cleanup.ts`,
      "record.status === 'deployed' && record.health",
      "record.status === 'pending' && record.health",
    ],
  ),
  tooth(
    `${ACTION}/test/run`,
    'changed by hand',
    ['an object that somebody has changed by hand', 'an object that somebody has deleted by hand'],
    'only the record is looked at',
    [
      `${ACTION}/src/settle.ts`,
      'if (altered !== undefined) return altered',
      'if (altered?.message === record.release) return altered',
    ],
  ),
]
