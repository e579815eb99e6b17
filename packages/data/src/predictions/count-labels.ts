import type { ReadPlan, RowGroup, Scored } from '@mlops/core'
import { createClusters } from './clusters.ts'
import { type Codes, createCodes, EMPTY } from './codes.ts'
import { codeColumn, type numberColumn } from './column.ts'
import { fileError } from './faults.ts'
import { createCells, createJointCounts, MOST_LABELS } from './joint.ts'
import type { Layout, ScoreNames } from './layout.ts'
import { createRepeats } from './repeats.ts'
import { type Counted, countRows, judgedColumns } from './rows.ts'
import { createScoreColumns } from './scores.ts'
import { createBuckets, createProbabilitySums, type Probabilities } from './sums.ts'
import { shown } from './table.ts'
import { canonicalText, numberOf } from '../text.ts'

/** The columns hold numbers that are no labels: they have to be read again, as a regression. */
export class NotLabels extends Error {}

/** Classes that need no word about which is the positive one. */
const NATURAL: readonly (readonly [negative: string, positive: string])[] = [
  ['0', '1'],
  ['false', 'true'],
]
const NATURALLY_POSITIVE: ReadonlySet<string> = new Set(NATURAL.map(([, positive]) => positive))

const byOrder = (labels: readonly string[]): readonly string[] =>
  labels.every((label) => /^-?\d+$/.test(label))
    ? labels.toSorted((one, other) => Number(one) - Number(other))
    : labels.toSorted()

/** Numbers throughout, and one that no class is called by. */
export const areMeasured = (texts: readonly string[]): boolean => {
  const numbers = texts.map(numberOf)
  return (
    numbers.every((one) => one !== undefined) && numbers.some((one) => Number.isFinite(one) && !Number.isInteger(one))
  )
}

export interface LabelWishes {
  /** Absent: two classes make a binary task, more a multiclass one, and broken numbers a regression. */
  readonly task?: 'binary' | 'multiclass'
  readonly positive?: string
}

const tooManyLabels = (source: string) =>
  fileError(
    'E-VALUE',
    `${source} has more than ${MOST_LABELS} different labels`,
    'so many whole numbers or texts are no classes',
    'write task: regression into the gate file when they are amounts, or name the right columns',
  )

const createLabelCodes = (layout: Layout, wishes: LabelWishes): Codes => {
  const codes: Codes = createCodes(MOST_LABELS, () => {
    if (wishes.task === undefined && areMeasured(codes.texts.slice(1))) throw new NotLabels()
    throw tooManyLabels(layout.table.source)
  })
  return codes
}

const positiveError = (labels: readonly string[], given: string | undefined) =>
  fileError(
    'E-POSITIVE',
    given === undefined ? 'the positive class is not known' : `no row has the positive class ${shown(given)}`,
    `the classes are ${labels.map(shown).join(' and ')}`,
    'write data.positive into the gate file, or task: multiclass when neither class is the positive one',
  )

/** The positive class of a binary task; it may be missing from the data only when a class is. */
const positiveOf = (labels: readonly string[], given: string | undefined): string => {
  if (given !== undefined) {
    if (labels.includes(given) || labels.length < 2) return given
    throw positiveError(labels, given)
  }
  const natural = NATURAL.find((pair) => labels.every((label) => pair.includes(label)))
  if (natural === undefined) throw positiveError(labels, undefined)
  return natural[1]
}

const taskOf = (labels: readonly string[], { task, positive }: LabelWishes): 'binary' | 'multiclass' => {
  if (task === 'binary' && labels.length > 2)
    throw fileError(
      'E-LABELS',
      `the gate file says binary, but there are ${labels.length} classes`,
      `the classes are ${labels.slice(0, 20).map(shown).join(', ')}`,
      'write task: multiclass, or name the columns of labels, not of scores',
    )
  if (task !== undefined) return task
  return labels.length === 2 || (labels.length < 2 && positive !== undefined) ? 'binary' : 'multiclass'
}

type NumberColumns = readonly ReturnType<typeof numberColumn>[]

const probabilitiesOf = (
  names: ScoreNames | undefined,
  columns: NumberColumns,
  codes: Codes,
  positive: string | undefined,
): Probabilities | undefined => {
  const [first] = columns
  if (names === undefined || first === undefined) return undefined
  const remember = <T>(find: (text: string) => T) => {
    const known: T[] = []
    return (code: number) => (known[code] ??= find(codes.texts[code] ?? ''))
  }
  if (names.kind === 'classes')
    return { kind: 'classes', columns, classOf: remember((text) => names.classes.indexOf(text)) }
  const isPositive = (text: string) => (positive === undefined ? NATURALLY_POSITIVE.has(text) : text === positive)
  return { kind: 'positive', column: first, isPositive: remember(isPositive) }
}

/** Counts labels, and sums up or keeps the scores that the plan asks for. */
export const countLabels = async (
  layout: Layout,
  plan: ReadPlan,
  wishes: LabelWishes,
): Promise<Omit<Scored, 'source'>> => {
  const positive = wishes.positive === undefined ? undefined : canonicalText(wishes.positive)
  const codes = createLabelCodes(layout, wishes)
  const columns = judgedColumns(layout, () => codeColumn(codes))
  const cells = createCells(columns)
  const clusters = columns.cluster === undefined ? undefined : createClusters(columns.cluster)
  const buckets = createBuckets(plan.buckets, columns.cluster)
  const repeats = columns.id === undefined ? undefined : createRepeats(columns.id)
  const candidate = probabilitiesOf(layout.scores, columns.scores, codes, positive)
  const champion = probabilitiesOf(layout.champion?.scores, columns.championScores, codes, positive)

  const makeGroup = () => ({
    joint: createJointCounts(cells, columns.champion !== undefined, clusters),
    ...(plan.probabilities && candidate !== undefined
      ? {
          losses: createProbabilitySums(
            columns.truth,
            { candidate, ...(champion === undefined ? {} : { champion }) },
            buckets,
          ),
        }
      : {}),
    ...(plan.scores && candidate !== undefined
      ? {
          scores: createScoreColumns(
            {
              truth: columns.truth,
              candidate: columns.scores,
              ...(champion === undefined ? {} : { champion: columns.championScores }),
            },
            buckets,
          ),
        }
      : {}),
  })
  const make = () => {
    const parts = makeGroup()
    return {
      parts,
      add: (rows: Uint32Array, count: number) => {
        parts.joint.add(rows, count)
        parts.losses?.add(rows, count)
        parts.scores?.add(rows, count)
      },
    }
  }
  const { whole, slices } = await countRows(
    layout,
    plan,
    columns,
    (run) => {
      cells.update(run)
      clusters?.update(run)
      buckets.update(run)
      repeats?.update(run)
    },
    make,
  )

  const seen = codes.texts.filter((_, code) => code !== EMPTY)
  if (wishes.task === undefined && areMeasured(seen)) throw new NotLabels()
  const task = taskOf(seen, wishes)
  const chosen = task === 'binary' ? positiveOf(seen, positive) : undefined
  const classes = layout.scores?.kind === 'classes' ? layout.scores.classes : []
  const labels = byOrder([...new Set([...seen, ...(chosen === undefined ? [] : [chosen]), ...classes])])
  const labelOf = Uint32Array.from(codes.texts, (text) => Math.max(0, labels.indexOf(text)))

  const finish = ({ group, rows }: Counted<ReturnType<typeof make>>): RowGroup => {
    const { joint, losses, scores } = group.parts
    const scoreClasses = chosen === undefined || classes.length > 0 ? classes : [chosen]
    return {
      rows,
      ...joint.finish(labelOf),
      ...(losses === undefined ? {} : { probabilities: losses.finish() }),
      ...(scores === undefined
        ? {}
        : {
            scores: scores.finish(
              labelOf,
              scoreClasses.map((name) => labels.indexOf(name)),
            ),
          }),
    }
  }
  return {
    task,
    labels,
    ...(chosen === undefined ? {} : { positive: labels.indexOf(chosen) }),
    paired: columns.champion !== undefined,
    whole: finish(whole),
    slices: slices.map((part) => ({ slice: part.slice, name: part.name, ...finish(part) })),
    repeatedIds: repeats?.count() ?? 0,
  }
}
