import { directionOf } from '../metrics/vocabulary.ts'
import type { Evidence } from './evidence.ts'
import type { Gate } from './gate.ts'
import type { ClassRow, MetricRow } from './judgement.ts'
import { type Measures, type Subject, subjectName } from './measures.ts'

/** Shown besides those that rules name, as far as the evidence has them. */
const HEADLINE = ['accuracy', 'balanced_accuracy', 'f1_macro', 'f1_weighted', 'auc', 'log_loss', 'rmse', 'mae', 'r2']

/** Each metric that a rule names, and the usual ones. */
export const subjectsOf = ({ rules }: Gate): readonly Subject[] => {
  const all: readonly Subject[] = [...rules, ...HEADLINE.map((metric) => ({ metric }))]
  return [...new Map(all.map((subject) => [subjectName(subject), subject])).values()]
}

const sideOf = (delta: number, better: 'higher' | 'lower'): 'better' | 'worse' | 'equal' => {
  if (delta === 0) return 'equal'
  return delta > 0 === (better === 'higher') ? 'better' : 'worse'
}

const rowOf = (subject: Subject, { rules }: Gate, measures: Measures): MetricRow | undefined => {
  const pair = measures.pairOf(subject)
  const candidate = pair?.candidate ?? measures.figureOf(subject, 'candidate')
  const champion = pair?.champion ?? measures.figureOf(subject, 'champion')
  if (candidate === undefined && champion === undefined) return undefined
  const delta = candidate === undefined || champion === undefined ? undefined : candidate.value - champion.value
  const better = rules.find(({ metric }) => metric === subject.metric)?.better ?? directionOf(subject.metric)
  const interval = champion === undefined ? measures.intervalOf(subject) : pair?.interval
  return {
    metric: subjectName(subject),
    ...(candidate === undefined ? {} : { candidate: candidate.value }),
    ...(champion === undefined ? {} : { champion: champion.value }),
    ...(delta === undefined ? {} : { delta }),
    ...(delta === undefined || better === undefined || Number.isNaN(delta) ? {} : { better: sideOf(delta, better) }),
    ...(interval === undefined ? {} : { interval }),
  }
}

/** Both models' values of each subject; the interval is the delta's, or the candidate's own where there is no champion. */
export const metricRows = (gate: Gate, measures: Measures): readonly MetricRow[] =>
  subjectsOf(gate)
    .map((subject) => rowOf(subject, gate, measures))
    .filter((row) => row !== undefined)

const classFigures = (cls: string, side: 'candidate' | 'champion', measures: Measures) => {
  const value = (metric: string) => measures.figureOf({ metric, class: cls }, side)?.value
  const [precision, recall, f1] = [value('precision'), value('recall'), value('f1')]
  return precision === undefined || recall === undefined || f1 === undefined ? undefined : { precision, recall, f1 }
}

/** Precision, recall and F1 of each class. */
export const classRows = ({ scored, candidate }: Evidence, measures: Measures): readonly ClassRow[] => {
  const joint = scored?.whole.joint
  const supportOf = (cls: string, label: number) =>
    joint === undefined
      ? (candidate?.perClass[cls]?.['support']?.value ?? 0)
      : joint.counts.reduce((sum, count, cell) => sum + (joint.truth[cell] === label ? count : 0), 0)
  const classes = scored?.labels ?? Object.keys(candidate?.perClass ?? {})
  return classes.flatMap((cls, label) => {
    const figures = classFigures(cls, 'candidate', measures)
    const champion = classFigures(cls, 'champion', measures)
    return figures === undefined
      ? []
      : [
          {
            class: cls,
            support: supportOf(cls, label),
            candidate: figures,
            ...(champion === undefined ? {} : { champion }),
          },
        ]
  })
}
