import { sum } from './bucket-metric.ts'

export type Model = 'candidate' | 'champion'

/**
 * Rows by true class, by predicted class, and of those that are right, each by index of the label: every metric of labels in
 * the vocabulary is a function of these sums.
 */
export interface ClassCounts {
  readonly truth: Float64Array
  readonly predicted: Float64Array
  readonly correct: Float64Array
}

/**
 * Counts one model's side of a joint table.
 *
 * @param cells true class and the model's answer by cell
 * @param labels how many labels there are
 * @param counts rows by cell, also those of a bootstrap replicate
 */
export const classCounts = (
  cells: { readonly truth: Uint32Array; readonly answers: Uint32Array },
  labels: number,
  counts: Float64Array,
): ClassCounts => {
  const [truth, predicted, correct] = [new Float64Array(labels), new Float64Array(labels), new Float64Array(labels)]
  for (let cell = 0; cell < counts.length; cell += 1) {
    const label = cells.truth[cell] ?? 0
    const answer = cells.answers[cell] ?? 0
    const count = counts[cell] ?? 0
    truth[label] = (truth[label] ?? 0) + count
    predicted[answer] = (predicted[answer] ?? 0) + count
    if (label === answer) correct[label] = (correct[label] ?? 0) + count
  }
  return { truth, predicted, correct }
}

/** Labels in the truth or in the model's predictions: what scikit-learn averages over when no labels are given. */
export const presentLabels = ({ truth, predicted }: ClassCounts): readonly number[] =>
  [...truth.keys()].filter((label) => (truth[label] ?? 0) > 0 || (predicted[label] ?? 0) > 0)

const squares = (values: Float64Array): number => sum(values.map((value) => value * value))

/** scikit-learn's `zero_division=0`. */
const ratio = (over: number, under: number): number => (under === 0 ? 0 : over / under)

type OfClass = (counts: ClassCounts, label: number) => number

/** Per class, as scikit-learn's precision_recall_fscore_support; what cannot be computed counts 0. */
const OF_CLASS: Readonly<Record<'precision' | 'recall' | 'f1', OfClass>> = {
  precision: ({ correct, predicted }, label) => ratio(correct[label] ?? 0, predicted[label] ?? 0),
  recall: ({ correct, truth }, label) => ratio(correct[label] ?? 0, truth[label] ?? 0),
  f1: ({ correct, predicted, truth }, label) =>
    ratio(2 * (correct[label] ?? 0), (predicted[label] ?? 0) + (truth[label] ?? 0)),
}

const accuracy = ({ truth, correct }: ClassCounts): number => sum(correct) / sum(truth)

/** scikit-learn's balanced_accuracy_score: the mean recall of the classes that occur in the truth. */
const balancedAccuracy = (counts: ClassCounts, truthLabels: readonly number[]): number =>
  truthLabels.reduce((total, label) => total + OF_CLASS.recall(counts, label), 0) / truthLabels.length

/** Sum over labels of predicted × truth. */
const agreementByChance = ({ truth, predicted }: ClassCounts): number =>
  truth.reduce((total, count, label) => total + count * (predicted[label] ?? 0), 0)

/** scikit-learn's matthews_corrcoef for any number of classes (Gorodkin 2004, eq. 8); 0 when a side is constant. */
const mcc = (counts: ClassCounts): number => {
  const rows = sum(counts.truth)
  const spread = (rows * rows - squares(counts.truth)) * (rows * rows - squares(counts.predicted))
  return ratio(sum(counts.correct) * rows - agreementByChance(counts), Math.sqrt(spread))
}

/** scikit-learn's cohen_kappa_score (Cohen 1960); NaN when both sides are the same constant. */
const kappa = (counts: ClassCounts): number => {
  const rows = sum(counts.truth)
  return 1 - (rows - sum(counts.correct)) / (rows - agreementByChance(counts) / rows)
}

export type LabelMetric = (counts: ClassCounts) => number

/** Whether a metric is of one class. */
export const isOfClass = (name: string): name is keyof typeof OF_CLASS => Object.hasOwn(OF_CLASS, name)

/** precision, recall or f1, averaged as scikit-learn's `average` says. */
const averaged = (
  name: keyof typeof OF_CLASS,
  average: string | undefined,
  present: readonly number[],
): LabelMetric | undefined => {
  const ofClass = OF_CLASS[name]
  if (average === 'micro') return accuracy
  if (average === 'weighted')
    return (counts) =>
      present.reduce((total, label) => total + (counts.truth[label] ?? 0) * ofClass(counts, label), 0) /
      sum(counts.truth)
  return average === 'macro'
    ? (counts) => present.reduce((total, label) => total + ofClass(counts, label), 0) / present.length
    : undefined
}

/**
 * A metric of labels as a function of class counts. The labels that are averaged over are those of `observed` and stay the
 * same for every count that the function is called with, so that replicates of a bootstrap are comparable.
 *
 * @param metric canonical name
 * @param label index of the class that precision, recall and f1 are of; no other metric takes one
 * @returns undefined for a name that is not a metric of labels, or that lacks its class
 */
export const labelMetric = (
  metric: string,
  label: number | undefined,
  observed: ClassCounts,
): LabelMetric | undefined => {
  if (isOfClass(metric)) return label === undefined ? undefined : (counts) => OF_CLASS[metric](counts, label)
  const present = presentLabels(observed)
  const [name = '', average] = metric.split('_')
  if (isOfClass(name)) return averaged(name, average, present)
  if (metric === 'accuracy') return accuracy
  if (metric === 'mcc') return mcc
  if (metric === 'kappa') return kappa
  const truthLabels = present.filter((one) => (observed.truth[one] ?? 0) > 0)
  return metric === 'balanced_accuracy' ? (counts) => balancedAccuracy(counts, truthLabels) : undefined
}
