import { fileError, shown } from './faults.ts'
import type { ScoreNames } from './layout.ts'
import { numberOf } from '../text.ts'

export interface LabelWishes {
  /** Absent: two classes make a binary task, more a multiclass one, and broken numbers a regression. */
  readonly task?: 'binary' | 'multiclass'
  readonly positive?: string
}

/** What the labels of a file make of it. */
export interface LabelTask {
  readonly task: 'binary' | 'multiclass'
  /** Sorted: whole numbers by size, else texts by their characters. */
  readonly labels: readonly string[]
  /** Of a binary task, where something says it. */
  readonly positive?: string
}

/** Classes that need no word about which is the positive one. */
const NATURAL: readonly (readonly [negative: string, positive: string])[] = [
  ['0', '1'],
  ['false', 'true'],
]
const NATURALLY_POSITIVE: ReadonlySet<string> = new Set(NATURAL.map(([, positive]) => positive))

export const isPositive = (label: string, given: string | undefined): boolean =>
  given === undefined ? NATURALLY_POSITIVE.has(label) : label === given

const inOrder = (labels: readonly string[]): readonly string[] =>
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

const positiveError = (labels: readonly string[], given: string | undefined) =>
  fileError(
    'E-POSITIVE',
    given === undefined ? 'the positive class is not known' : `no row has the positive class ${shown(given)}`,
    `the classes are ${labels.map(shown).join(' and ')}`,
    'write data.positive into the gate file, or task: multiclass when neither class is the positive one',
  )

/**
 * The positive class of a binary task; undefined when nothing says it, which the judge minds only where a rule needs it. It may be
 * missing from the data only when a class is.
 */
const positiveOf = (labels: readonly string[], given: string | undefined): string | undefined => {
  if (given === undefined) return NATURAL.find((pair) => labels.every((label) => pair.includes(label)))?.[1]
  if (labels.includes(given) || labels.length < 2) return given
  throw positiveError(labels, given)
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

const checkScores = (names: ScoreNames | undefined, labels: readonly string[]) => {
  if (names?.kind !== 'classes') return
  const without = labels.filter((label) => !names.classes.includes(label))
  if (without.length === 0) return
  throw fileError(
    'E-LABELS',
    `no score column is named for ${without.slice(0, 10).map(shown).join(', ')}`,
    `data.scores of the gate file names columns for ${names.classes.map(shown).join(', ')}`,
    'name a column for each class of labels and predictions',
  )
}

/**
 * Settles the task, the classes and the positive one. Throws E-LABELS and E-POSITIVE.
 *
 * @param found labels of truth and predictions
 * @param scores the models' score columns: their classes are classes too, whether a row has them or not
 */
export const settleLabels = (
  found: readonly string[],
  wishes: LabelWishes,
  scores: readonly (ScoreNames | undefined)[],
): LabelTask => {
  const seen = inOrder(found)
  const task = taskOf(seen, wishes)
  const positive = task === 'binary' ? positiveOf(seen, wishes.positive) : undefined
  for (const names of scores) {
    checkScores(names, seen)
    // Whose scores these are is not known, so nothing can be made of them.
    if (task === 'binary' && names?.kind === 'positive' && positive === undefined) throw positiveError(seen, undefined)
  }
  const named = scores.flatMap((names) => (names?.kind === 'classes' ? names.classes : []))
  const labels = inOrder([...new Set([...seen, ...(positive === undefined ? [] : [positive]), ...named])])
  return { task, labels, ...(positive === undefined ? {} : { positive }) }
}

/** Whether scores can be used: those of one class only when there are two. */
export const areUsable = (names: ScoreNames | undefined, { task }: LabelTask): boolean =>
  names !== undefined && (names.kind === 'classes' || task === 'binary')

/** The classes that rows are ranked for, and where their columns are: of two classes the positive one is enough. */
export const rankedScores = (names: ScoreNames, { positive }: LabelTask) => {
  if (names.kind === 'positive') return { classes: positive === undefined ? [] : [positive], columns: [0] }
  const classes = positive === undefined ? names.classes : [positive]
  return { classes, columns: classes.map((name) => names.classes.indexOf(name)) }
}
