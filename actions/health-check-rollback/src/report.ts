import {
  type AlarmFinding,
  type Block,
  type CheckResult,
  type HealthVerdict,
  type ReleaseRecord,
  type Report,
  type Restored,
} from '@mlops/core'
import { restoredBlocks, restoredClause } from '@mlops/report'
import type { Judgement } from './bake.ts'

/** What is told of a release and its judgement. */
export interface Story {
  readonly record: ReleaseRecord
  readonly environment: string | undefined
  /** Absent when nobody was asked. */
  readonly judgement?: Judgement
  /** Why it was rolled back without asking. */
  readonly reason?: string
  readonly restored?: Restored
  /** What the checks said of what was put back. */
  readonly proof?: Judgement
  /** What became of registry and images. */
  readonly told: readonly string[]
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`

const named = ({ record: { release, revision, namespace }, environment }: Story) =>
  `Release ${release}, revision ${revision} in ${environment ?? namespace},`

const RESULTS = { passed: 'passed', failed: 'failed', unknown: 'says nothing' } as const

const checkTable = (results: readonly CheckResult[]): Block => ({
  kind: 'table',
  columns: ['check', 'asked of', 'result', 'passed', 'slowest', 'why'],
  rows: results.map(({ check, subject, outcome, sentence, series: { passed, failed, unknown, slowestMs } }) => [
    check,
    subject,
    RESULTS[outcome],
    `${passed} of ${passed + failed + unknown}`,
    passed === 0 ? '' : `${Math.round(slowestMs)} ms`,
    sentence,
  ]),
  numeric: ['slowest'],
})

const STATES = {
  quiet: 'quiet',
  tripped: 'went off after the release',
  missing: 'no data',
  'pre-existing': 'was on before the release',
} as const

const alarmTable = (alarms: readonly AlarmFinding[]): readonly Block[] =>
  alarms.length === 0
    ? []
    : [
        { kind: 'heading', text: 'Alarms' },
        {
          kind: 'table',
          columns: ['alarm', 'state', 'what it says'],
          rows: alarms.map(({ name, kind, sentence }) => [name, STATES[kind], sentence]),
        },
      ]

const goldenFact = ({ model: { golden } }: Judgement): string =>
  typeof golden === 'string' ? golden : `${golden.length} of this model version`

const factsBlock = ({ record, environment, judgement }: Story): Block => ({
  kind: 'facts',
  facts: [
    ['release', `${record.release}, revision ${record.revision}`],
    ['namespace', record.namespace],
    ...(environment === undefined ? [] : [['environment', environment] as const]),
    ['commit', record.commit],
    ['deployed by', record.runUrl],
    ...(judgement?.model.arn === undefined ? [] : [['model package', judgement.model.arn] as const]),
    ...(judgement === undefined ? [] : [['golden answers', goldenFact(judgement)] as const]),
    ...(judgement?.evidence.requests === undefined
      ? []
      : [['requests during the bake', String(judgement.evidence.requests)] as const]),
    ...(judgement === undefined
      ? []
      : [
          [
            'watched for',
            `${seconds(judgement.bakedMs)}, asked ${judgement.rounds === 1 ? 'once' : `${judgement.rounds} times`}`,
          ] as const,
        ]),
  ],
})

const judgementBlocks = (judgement: Judgement | undefined): readonly Block[] =>
  judgement === undefined
    ? []
    : [
        { kind: 'heading', text: 'Checks' },
        checkTable(judgement.evidence.checks),
        ...alarmTable(judgement.evidence.alarms),
      ]

const toldBlocks = ({ told }: Story): readonly Block[] =>
  told.length === 0
    ? []
    : [
        { kind: 'heading', text: 'Registry and images' },
        { kind: 'list', items: told },
      ]

const proofBlocks = ({ proof }: Story): readonly Block[] =>
  proof === undefined
    ? []
    : [
        { kind: 'heading', text: 'The same checks afterwards' },
        { kind: 'text', text: proof.verdict.sentence },
        checkTable(proof.evidence.checks),
      ]

const blocksOf = (story: Story): readonly Block[] => [
  ...judgementBlocks(story.judgement),
  ...(story.restored === undefined ? [] : restoredBlocks(story.restored)),
  ...proofBlocks(story),
  ...toldBlocks(story),
  { kind: 'heading', text: 'What was judged' },
  factsBlock(story),
]

const PROOFS = {
  healthy: 'proven healthy',
  unhealthy: 'unhealthy too',
  inconclusive: 'not proven healthy',
} as const satisfies Readonly<Record<HealthVerdict['kind'], string>>

/** What became of an unhealthy release, in one clause. */
export const consequence = ({ restored, proof }: Pick<Story, 'restored' | 'proof'>, otherwise: string): string => {
  if (restored === undefined) return otherwise
  const clause = restoredClause(restored)
  return proof === undefined ? clause : `${clause}, ${PROOFS[proof.verdict.kind]}`
}

export const verdictReport = (story: Story, judgement: Judgement): Report => {
  const { kind, sentence } = judgement.verdict
  const words = kind === 'healthy' ? `is healthy after ${seconds(judgement.bakedMs)}` : `is ${kind}`
  return { headline: `${named(story)} ${words}: ${sentence}`, blocks: blocksOf(story) }
}

/** An unhealthy release, and what was done about it. */
export const unhealthyReport = (story: Story, why: string, clause: string): Report => ({
  headline: `${named(story)} is unhealthy: ${why} Now ${clause}.`,
  blocks: blocksOf(story),
})

/** A release that was rolled back because somebody said so. */
export const rollbackReport = (story: Story, clause: string): Report => ({
  headline: `${named(story)} was to be rolled back (${story.reason ?? ''}): ${clause}.`,
  blocks: blocksOf(story),
})
