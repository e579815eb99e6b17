import { type CellWeight, meanInterval } from '../statistics/interval.ts'
import { confusionFor } from './confusion.ts'
import type { Confusion, Evidence } from './evidence.ts'
import type { Gate, ImpactSettings } from './gate.ts'
import type { Amount, Impact } from './judgement.ts'
import type { Measures } from './measures.ts'

const DAYS_OF_A_MONTH = 30

/** What an answer is worth, by true and predicted class. */
type Worth = (truth: string, predicted: string) => number

/** A right answer spares the work of finding it by hand; where the model is wrong, that work is still to be done. */
const worthsOf = ({ value }: ImpactSettings): { readonly revenue: Worth; readonly savings: Worth } => {
  const savings: Worth = (truth, predicted) => (truth === predicted ? value.costOfManualWork : 0)
  if (value.kind === 'simple')
    return { savings, revenue: (truth, predicted) => (truth === predicted ? value.revenuePerCorrect : 0) }
  const { classes, values } = value
  return { savings, revenue: (truth, predicted) => values[classes.indexOf(truth)]?.[classes.indexOf(predicted)] ?? 0 }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** The mean worth of a row by a confusion matrix. */
const meanWorth = ({ labels, counts }: Confusion, worth: Worth): number => {
  const worths = labels.map((truth, row) =>
    sum(labels.map((predicted, column) => (counts[row]?.[column] ?? 0) * worth(truth, predicted))),
  )
  return sum(worths) / sum(counts.flat())
}

/** Where only right and wrong matter, the accuracy says as much as a confusion matrix. */
const fromAccuracy = (accuracy: number | undefined): Confusion | undefined =>
  accuracy === undefined
    ? undefined
    : {
        labels: ['right', 'wrong'],
        counts: [
          [accuracy, 1 - accuracy],
          [0, 0],
        ],
      }

/**
 * What the candidate's answers are worth a month: revenue (right answers or the value matrix, times volume) and savings
 * (right answers, times volume, times the cost of manual work), with the interval of their mean over the rows.
 */
export const impactOf = (gate: Gate, evidence: Evidence, measures: Measures): Impact | undefined => {
  const { impact: settings, statistics } = gate
  if (settings === undefined) return undefined
  const accuracy = settings.value.kind === 'simple' ? measures.figureOf({ metric: 'accuracy' }, 'candidate') : undefined
  const candidate = confusionFor(evidence, 'candidate') ?? fromAccuracy(accuracy?.value)
  if (candidate === undefined) return undefined

  const month = settings.volumePerDay * DAYS_OF_A_MONTH
  const { scored } = evidence
  const labels = scored?.labels ?? []
  const amount = (value: number, weight: CellWeight): Amount => {
    const interval = scored === undefined ? undefined : meanInterval(weight, scored.whole, statistics)?.interval
    return {
      value: value * month,
      ...(interval === undefined
        ? {}
        : { interval: { ...interval, lower: interval.lower * month, upper: interval.upper * month } }),
    }
  }
  const weightOf = (worth: Worth) => (truth: number, predicted: number | undefined) =>
    worth(labels[truth] ?? '', labels[predicted ?? -1] ?? '')
  const ofCandidate = (worth: Worth) => amount(meanWorth(candidate, worth), weightOf(worth))

  const { revenue, savings } = worthsOf(settings)
  const total: Worth = (truth, predicted) => revenue(truth, predicted) + savings(truth, predicted)
  const weight = weightOf(total)
  const champion = scored?.paired === true ? confusionFor(evidence, 'champion') : undefined
  return {
    currency: settings.currency,
    revenue: ofCandidate(revenue),
    savings: ofCandidate(savings),
    total: ofCandidate(total),
    ...(champion === undefined
      ? {}
      : {
          againstChampion: amount(
            meanWorth(candidate, total) - meanWorth(champion, total),
            (truth, mine, theirs) => weight(truth, mine) - weight(truth, theirs),
          ),
        }),
  }
}
