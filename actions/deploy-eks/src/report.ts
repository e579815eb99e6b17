import {
  type Block,
  type Diagnosis,
  objectName,
  type ObjectDiff,
  type ReleaseFacts,
  type ReleaseRecord,
  type Report,
  type Restored,
} from '@mlops/core'
import { diagnosisBlocks, restoredBlocks } from '@mlops/report'
import type { Phase } from './stopwatch.ts'

/** What is known of a release while it is deployed. */
export interface Story {
  readonly facts: ReleaseFacts
  readonly revision: number
  readonly previous: ReleaseRecord | undefined
  readonly images: Readonly<Record<string, string>>
  readonly diffs: readonly ObjectDiff[]
  /** What an earlier run had left behind, and what was done about it. */
  readonly notes: readonly string[]
  readonly phases: readonly Phase[]
}

export type Diagnoses = readonly [Diagnosis, ...(readonly Diagnosis[])]

const CHANGES = { create: 'created', change: 'changed', delete: 'deleted', same: 'unchanged' } as const
const PLANS = { create: 'create', change: 'change', delete: 'delete', same: 'leave' } as const

/** `2 changed, 1 created`, or `change 2, create 1`: what is not there is not said. */
const counted = (diffs: readonly ObjectDiff[], said: (change: ObjectDiff['change'], count: number) => string): string =>
  (['create', 'change', 'delete', 'same'] as const)
    .map((change) => [change, diffs.filter((diff) => diff.change === change).length] as const)
    .filter(([, count]) => count > 0)
    .map(([change, count]) => said(change, count))
    .join(', ')

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

const total = (phases: readonly Phase[]) => phases.reduce((sum, { milliseconds }) => sum + milliseconds, 0)

const named = ({ release, namespace }: ReleaseFacts, revision: number) =>
  `Release ${release}, revision ${revision}, in ${namespace}`

const factsBlock = ({ facts, revision, previous, images }: Story): Block => ({
  kind: 'facts',
  facts: [
    ['release', `${facts.release}, revision ${revision}`],
    ['before', previous === undefined ? 'nothing' : `revision ${previous.revision}, ${previous.health}`],
    ['namespace', facts.namespace],
    ...(facts.environment === undefined ? [] : [['environment', facts.environment] as const]),
    ['commit', facts.commit],
    ...(facts.modelPackageArn === undefined ? [] : [['model package', facts.modelPackageArn] as const]),
    ...Object.entries(images).map(([name, image]) => [`image ${name}`, image] as const),
  ],
})

const objectTable = (diffs: readonly ObjectDiff[], words: Readonly<Record<ObjectDiff['change'], string>>): Block => ({
  kind: 'table',
  columns: ['object', 'what', 'pods replaced', 'differences'],
  rows: diffs.map(({ reference, change, rollout, lines }) => [
    objectName(reference),
    words[change],
    rollout ? 'yes' : '',
    change === 'change' ? String(lines.length) : '',
  ]),
  numeric: ['differences'],
})

const phaseTable = (phases: readonly Phase[]): Block => ({
  kind: 'table',
  columns: ['phase', 'took'],
  rows: [...phases, { name: 'all', milliseconds: total(phases) }].map(({ name, milliseconds }) => [
    name,
    seconds(milliseconds),
  ]),
  numeric: ['took'],
})

const diffLines = ({ reference, change, lines }: ObjectDiff): readonly string[] => [
  `${objectName(reference)}: ${PLANS[change]}`,
  // Of a new object all is new: the rendered manifests show it.
  ...(change === 'create' ? [] : lines).map(
    ({ path, before, after }) => `  ${path}: ${before ?? '(none)'} -> ${after ?? '(none)'}`,
  ),
]

/** The differences of all objects that differ, as text. */
export const diffText = (diffs: readonly ObjectDiff[]): string =>
  diffs
    .filter(({ change }) => change !== 'same')
    .flatMap(diffLines)
    .map((line) => `${line}\n`)
    .join('')

const diffBlocks = (diffs: readonly ObjectDiff[]): readonly Block[] => {
  const text = diffText(diffs)
  return text === '' ? [] : [{ kind: 'foreign', title: 'Differences', text }]
}

export const deployedReport = (story: Story): Report => ({
  headline: `${named(story.facts, story.revision)} runs: ${counted(story.diffs, (change, count) => `${count} ${CHANGES[change]}`)}, in ${seconds(total(story.phases))}. It awaits the verdict of health-check-rollback.`,
  blocks: [
    factsBlock(story),
    ...noteBlocks(story),
    objectTable(story.diffs, CHANGES),
    phaseTable(story.phases),
    ...diffBlocks(story.diffs),
  ],
})

const noteBlocks = ({ notes }: Story): readonly Block[] =>
  notes.length === 0
    ? []
    : [
        { kind: 'heading', text: 'Before this release' },
        { kind: 'list', items: notes },
      ]

/** Nothing differs from what the newest record says. */
export const unchangedReport = (story: Story): Report => ({
  headline: `${named(story.facts, story.revision)} is what is there already: nothing was written.`,
  blocks: [factsBlock(story), objectTable(story.diffs, CHANGES), phaseTable(story.phases)],
})

export const plannedReport = (story: Story): Report => {
  const rolling = story.diffs.filter(({ rollout }) => rollout).map(({ reference }) => objectName(reference))
  const pods = rolling.length === 0 ? 'no pod would be replaced' : `pods of ${rolling.join(', ')} would be replaced`
  return {
    headline: `${named(story.facts, story.revision)} would ${counted(story.diffs, (change, count) => `${PLANS[change]} ${count}`)}; ${pods}. Nothing was written.`,
    blocks: [factsBlock(story), objectTable(story.diffs, PLANS), ...diffBlocks(story.diffs)],
  }
}

/** The release was refused before anything was written. */
export const refusedReport = (facts: ReleaseFacts, diagnoses: Diagnoses): Report => ({
  headline: `Release ${facts.release} in ${facts.namespace} was refused, and nothing was written: ${diagnoses[0].sentence}`,
  blocks: [
    {
      kind: 'table',
      columns: ['object', 'class', 'what', 'do this'],
      rows: diagnoses.map(({ object, failureClass, sentence, advice }) => [
        objectName(object),
        failureClass,
        sentence,
        advice,
      ]),
    },
    ...diagnoses.flatMap(({ sightings, object }) =>
      sightings.length === 0
        ? []
        : [
            {
              kind: 'foreign',
              title: `What the cluster says of ${objectName(object)}`,
              text: sightings.map(({ from, reason, message }) => `${from} ${reason}: ${message}`).join('\n'),
            } as const,
          ],
    ),
  ],
})

/** The release failed: why, and what became of the one before. `restored` is absent when nobody tried to undo it. */
export const failedReport = (
  story: Story,
  {
    diagnoses,
    clause,
    restored,
  }: { readonly diagnoses: Diagnoses; readonly clause: string; readonly restored?: Restored },
): Report => ({
  headline: `${named(story.facts, story.revision)} failed (${diagnoses[0].failureClass}): ${diagnoses[0].sentence} Now ${clause}.`,
  blocks: [
    ...diagnoses.flatMap(diagnosisBlocks),
    ...(restored === undefined ? [] : restoredBlocks(restored)),
    { kind: 'heading', text: 'What was deployed' },
    factsBlock(story),
    ...noteBlocks(story),
    objectTable(story.diffs, CHANGES),
    phaseTable(story.phases),
    ...diffBlocks(story.diffs),
  ],
})
