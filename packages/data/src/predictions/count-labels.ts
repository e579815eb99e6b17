import type { ReadPlan, RowGroup, Scored } from '@mlops/core'
import { createClusters, MOST_CLUSTERS } from './clusters.ts'
import { type Codes, createCodes, EMPTY, NotLabels } from './codes.ts'
import { codeColumn } from './column.ts'
import { fileError } from './faults.ts'
import { createCells, createJointCounts, MOST_LABELS } from './joint.ts'
import {
  areMeasured,
  areUsable,
  isPositive,
  type LabelTask,
  type LabelWishes,
  rankedScores,
  settleLabels,
} from './label-task.ts'
import type { Layout, ScoreNames } from './layout.ts'
import { createRepeats } from './repeats.ts'
import { type Counted, countRows, type JudgedColumns, judgedColumns } from './rows.ts'
import { createScoreColumns } from './scores.ts'
import { type Buckets, createBuckets, createProbabilitySums, type Probabilities } from './sums.ts'
import { canonicalText } from '../text.ts'

const tooManyLabels = (source: string) =>
  fileError(
    'E-VALUE',
    `${source} has more than ${MOST_LABELS} different labels`,
    'so many whole numbers or texts are no classes',
    'write task: regression into the gate file when they are amounts, or name the right columns',
  )

const createLabelCodes = (source: string, { task }: LabelWishes): Codes => {
  const codes: Codes = createCodes(MOST_LABELS, () => {
    throw task === undefined && areMeasured(codes.texts.slice(1)) ? new NotLabels() : tooManyLabels(source)
  })
  return codes
}

type LabelColumns = JudgedColumns<ReturnType<typeof codeColumn>>

const probabilitiesOf = (
  names: ScoreNames | undefined,
  columns: LabelColumns['scores'],
  { texts }: Codes,
  positive: string | undefined,
): Probabilities | undefined => {
  const [first] = columns
  if (names === undefined || first === undefined) return undefined
  const remember = <T>(find: (text: string) => T) => {
    const known: T[] = []
    return (code: number) => (known[code] ??= find(texts[code] ?? ''))
  }
  return names.kind === 'classes'
    ? { kind: 'classes', columns, classOf: remember((text) => names.classes.indexOf(text)) }
    : { kind: 'positive', column: first, isPositive: remember((text) => isPositive(text, positive)) }
}

/** The sums of losses and the scores of a group, as far as the plan asks for them and the file has scores. */
const scoreCounters = (plan: ReadPlan, columns: LabelColumns, losses: LossSources | undefined, buckets: Buckets) => {
  if (losses === undefined) return {}
  const sources = {
    truth: columns.truth,
    candidate: columns.scores,
    ...(losses.champion === undefined ? {} : { champion: columns.championScores }),
  }
  return {
    ...(plan.probabilities ? { losses: createProbabilitySums(columns.truth, losses, buckets) } : {}),
    ...(plan.scores ? { scores: createScoreColumns(sources, buckets) } : {}),
  }
}

interface LossSources {
  readonly candidate: Probabilities
  readonly champion?: Probabilities
}

const lossSources = (
  layout: Layout,
  columns: LabelColumns,
  codes: Codes,
  positive: string | undefined,
): LossSources | undefined => {
  const candidate = probabilitiesOf(layout.scores, columns.scores, codes, positive)
  const champion = probabilitiesOf(layout.champion?.scores, columns.championScores, codes, positive)
  return candidate === undefined ? undefined : { candidate, ...(champion === undefined ? {} : { champion }) }
}

/** What is counted of a group of rows, and how it is put down once the classes are known. */
const groupMaker = (layout: Layout, plan: ReadPlan, wishes: LabelWishes, columns: LabelColumns, codes: Codes) => {
  const cells = createCells(columns)
  const clusters = columns.cluster === undefined ? undefined : createClusters(columns.cluster)
  const buckets = createBuckets(plan.buckets, columns.cluster)
  const repeats = columns.id === undefined ? undefined : createRepeats(columns.id)
  const losses = lossSources(layout, columns, codes, wishes.positive)
  const make = () => {
    const joint = createJointCounts(cells, columns.champion !== undefined, clusters)
    const scored = scoreCounters(plan, columns, losses, buckets)
    return {
      joint,
      scored,
      add: (rows: Uint32Array, count: number) => {
        joint.add(rows, count)
        scored.losses?.add(rows, count)
        scored.scores?.add(rows, count)
      },
    }
  }
  return {
    make,
    updated: [cells, clusters, repeats, losses && buckets].filter((one) => one !== undefined),
    clusters,
    repeats,
  }
}

type Maker = ReturnType<typeof groupMaker>

const scoresOf = ({ scored }: ReturnType<Maker['make']>, layout: Layout, task: LabelTask, labelOf: Uint32Array) => {
  const { scores: names, champion } = layout
  if (names === undefined || !areUsable(names, task)) return {}
  const { classes, columns } = rankedScores(names, task)
  const others = champion?.scores === undefined ? undefined : rankedScores(champion.scores, task).columns
  const indices = classes.map((name) => task.labels.indexOf(name))
  return {
    ...(scored.losses === undefined ? {} : { probabilities: scored.losses.finish() }),
    ...(scored.scores === undefined ? {} : { scores: scored.scores.finish(labelOf, indices, columns, others) }),
  }
}

const notesOf = ({ clusters, repeats }: Maker, { scores }: Layout, task: LabelTask): readonly string[] => [
  ...(clusters?.isFolded() === true
    ? [`There are more than ${MOST_CLUSTERS} clusters; they were put together into so many by hash.`]
    : []),
  ...(repeats !== undefined && repeats.share() > 1
    ? [`Repeated ids were counted among one of ${repeats.share()} ids, and the count scaled up.`]
    : []),
  ...(scores === undefined || areUsable(scores, task)
    ? []
    : ['data.score is the score of one of two classes; here are more, and it was not used.']),
]

/** Counts labels, and sums up or keeps the scores that the plan asks for. Throws NotLabels when they are none. */
export const countLabels = async (
  layout: Layout,
  plan: ReadPlan,
  given: LabelWishes,
): Promise<Omit<Scored, 'source'>> => {
  const wishes = given.positive === undefined ? given : { ...given, positive: canonicalText(given.positive) }
  const codes = createLabelCodes(layout.table.source, wishes)
  const columns = judgedColumns(layout, () => codeColumn(codes))
  const maker = groupMaker(layout, plan, wishes, columns, codes)
  const { whole, slices } = await countRows(
    layout,
    plan,
    columns,
    (run) => {
      for (const { update } of maker.updated) update(run)
    },
    maker.make,
  )
  const seen = codes.texts.filter((_, code) => code !== EMPTY)
  if (wishes.task === undefined && areMeasured(seen)) throw new NotLabels()
  const task = settleLabels(seen, wishes, [layout.scores, layout.champion?.scores])
  const labelOf = Uint32Array.from(codes.texts, (text) => Math.max(0, task.labels.indexOf(text)))
  const finish = ({ group, rows }: Counted<ReturnType<Maker['make']>>): RowGroup => ({
    rows,
    ...group.joint.finish(labelOf),
    ...scoresOf(group, layout, task, labelOf),
  })
  const notes = notesOf(maker, layout, task)
  return {
    task: task.task,
    labels: task.labels,
    ...(task.positive === undefined ? {} : { positive: task.labels.indexOf(task.positive) }),
    paired: columns.champion !== undefined,
    whole: finish(whole),
    slices: slices.map((part) => ({ slice: part.slice, name: part.name, ...finish(part) })),
    repeatedIds: maker.repeats?.count() ?? 0,
    ...(notes.length === 0 ? {} : { notes }),
  }
}
