import { type Block, type Diagnosis, objectName, type ObjectReference, type Restored } from '@mlops/core'

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

/** A diagnosis with everything that shows it. */
export const diagnosisBlocks = ({
  failureClass,
  object,
  sentence,
  advice,
  sightings,
  container,
  log,
}: Diagnosis): readonly Block[] => [
  { kind: 'heading', text: `${objectName(object)}: ${failureClass}` },
  { kind: 'text', text: sentence },
  { kind: 'text', text: `What to do: ${advice}` },
  ...(sightings.length === 0
    ? []
    : [
        {
          kind: 'table',
          columns: ['seen at', 'reason', 'message'],
          rows: sightings.map(({ from, reason, message }) => [from, reason, message]),
        } as const,
      ]),
  ...(log === undefined || log.length === 0
    ? []
    : [
        {
          kind: 'foreign',
          title: `The last ${log.length} lines of ${container?.container ?? 'the container'} in ${container?.pod ?? 'its pod'}`,
          text: log.join('\n'),
        } as const,
      ]),
]

/** A sentence as part of another one. */
const inner = (sentence: string) => sentence.replace(/\.$/, '')

const listed = (references: readonly ObjectReference[], what: string) =>
  references.length === 0 ? [] : [`${what}: ${references.map(objectName).join(', ')}`]

const failedClause = ({ whole, choice: { target } }: Extract<Restored, { readonly kind: 'failed' }>): string => {
  if (target === undefined) return 'what it created was removed only in part'
  return `revision ${target.revision} was put back${whole ? ', but does not run' : ' only in part'}`
}

/** What became of the release that was there before, in one clause. */
export const restoredClause = (restored: Restored): string => {
  switch (restored.kind) {
    case 'restored':
      return `revision ${restored.choice.target?.revision ?? 0} is back and runs after ${seconds(restored.milliseconds)}`
    case 'nothing':
      return 'what it created is removed, as there was nothing before it'
    case 'no-target':
      return `it is left as it is, as there is nothing to go back to: ${inner(restored.choice.because)}`
    case 'superseded':
      return 'it is left as it is, as somebody else has changed its objects since'
    case 'refused':
      return `it is left as it is, as what was there before can't be put back: ${inner(restored.diagnoses[0].sentence)}`
    case 'failed':
      return `${failedClause(restored)}: ${inner(restored.diagnoses[0].sentence)}`
  }
}

/** What was put back, object by object, and why this and nothing newer. */
export const restoredBlocks = (restored: Restored): readonly Block[] => [
  { kind: 'heading', text: 'What was put back' },
  { kind: 'text', text: `Now ${restoredClause(restored)}.` },
  {
    kind: 'list',
    items: [
      restored.choice.because,
      ...restored.choice.passedOver.map(({ revision, why }) => `revision ${revision} was passed over: ${why}`),
      ...(restored.kind === 'restored' || restored.kind === 'nothing'
        ? [
            ...listed(restored.restored, 'restored'),
            ...listed(restored.removed, 'removed'),
            ...listed(restored.recreated, 'created again'),
            ...restored.kept.map(({ reference, why }) => `kept as it is: ${objectName(reference)}, ${why}`),
          ]
        : []),
    ],
  },
  ...(restored.kind === 'failed' || restored.kind === 'refused' || restored.kind === 'superseded'
    ? restored.diagnoses.flatMap(diagnosisBlocks)
    : []),
]
