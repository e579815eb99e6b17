import { canonicalMetric, kindOf, METRICS } from '../metrics/vocabulary.ts'
import { nearest } from '../nearest.ts'
import type { Evidence, MetricFile, Scored } from './evidence.ts'
import type { GateFault } from './fault.ts'
import type { Gate, Rule } from './gate.ts'
import { type Measures, namedInFile, type Side } from './measures.ts'
import { sliceName } from './read-plan.ts'

const OF_ONE_CLASS: ReadonlySet<string> = new Set(['precision', 'recall', 'f1'])
const OF_SCORES: ReadonlySet<string> = new Set(['auc', 'average_precision'])

/** Whether a metric is about the positive class, and nothing says which that is. */
const lacksPositive = ({ metric, class: cls }: Rule, scored: Scored | undefined): boolean =>
  scored !== undefined &&
  scored.task !== 'regression' &&
  scored.positive === undefined &&
  cls === undefined &&
  (OF_ONE_CLASS.has(metric) || (scored.task === 'binary' && OF_SCORES.has(metric)))

/** Whether a file has the rule's metric, for any class when it is about one. */
const knows = (file: MetricFile | undefined, { metric, class: cls }: Rule): boolean => {
  if (file === undefined) return false
  return cls === undefined
    ? namedInFile(file, metric).length > 0
    : Object.values(file.perClass).some((figures) =>
        Object.keys(figures).some((name) => canonicalMetric(name) === metric),
      )
}

const emptyFaults = ({ scored, candidate }: Evidence): readonly GateFault[] =>
  [scored?.whole.rows === 0 ? scored.source : undefined, candidate?.rows === 0 ? candidate.source : undefined]
    .filter((source) => source !== undefined)
    .map((source) => ({
      code: 'E-EMPTY',
      what: `${source} holds no rows`,
      why: 'nothing can be judged on nothing',
      hint: 'look whether the evaluation data is there',
    }))

/** A name that fits several figures of a file. */
const ambiguity = (rule: Rule, side: Side, { [side]: file }: Evidence): GateFault | undefined => {
  const count = file === undefined || rule.class !== undefined ? 0 : namedInFile(file, rule.metric).length
  return count < 2
    ? undefined
    : {
        code: 'E-AMBIGUOUS',
        at: rule.at,
        what: `${rule.metric} stands ${count} times in ${file?.source ?? ''}`,
        why: 'it is not known which model is meant',
        hint: `${side === 'baseline' ? '' : `name the model (\`${side}: { model: … }\`), or `}write the dotted path of the metric`,
      }
}

/** A metric that is not among the candidate's figures: a fault when it cannot be meant, else the rule's own matter. */
const metricFault = (rule: Rule, { scored, candidate, champion, baseline }: Evidence): GateFault | undefined => {
  const { metric, at } = rule
  if (scored !== undefined && lacksPositive(rule, scored))
    return {
      code: 'E-POSITIVE',
      at,
      what: `${metric} is about one class, and it is not known which of ${scored.labels.join(', ')} is meant`,
      why: 'only 0 and 1, or false and true, say it themselves',
      hint:
        scored.task === 'binary'
          ? 'write `data: { positive: … }` in the gate file'
          : `name the class, such as \`${metric} of ${scored.labels[0] ?? ''} >= …\`, or take ${metric}_macro`,
    }
  if (kindOf(metric) !== undefined || [candidate, champion, baseline].some((file) => knows(file, rule)))
    return undefined
  const known = [...new Set([...Object.keys(candidate?.metrics ?? {}), ...METRICS])]
  const near = nearest(metric, known)
  return {
    code: 'E-METRIC',
    at,
    what: `nobody knows ${metric}`,
    why: `known are ${known.join(', ')}`,
    hint: near === undefined ? 'write one of them' : `did you mean ${near}?`,
  }
}

const sliceFaults = ({ slices, at }: Rule, { scored }: Evidence): readonly GateFault[] =>
  slices
    .filter((slice) => scored?.slices.some((group) => sliceName(group.slice) === sliceName(slice)) !== true)
    .map((slice) => ({
      code: 'E-COLUMN',
      at,
      what: `there are no rows to find the slice "${sliceName(slice)}" in`,
      why: scored === undefined ? 'slices are parts of predictions, and none were given' : 'no row has a value there',
      hint: scored === undefined ? 'give predictions' : 'correct the column',
    }))

const matrixFault = ({ impact }: Gate, { scored, candidate }: Evidence): readonly GateFault[] => {
  const labels = scored?.labels ?? candidate?.confusion?.labels
  if (impact?.value.kind !== 'matrix' || labels === undefined) return []
  const named = impact.value.classes
  const without = labels.filter((label) => !named.includes(label))
  const unknown = named.filter((label) => !labels.includes(label))
  return without.length + unknown.length === 0
    ? []
    : [
        {
          code: 'E-LABELS',
          what: `impact.values names ${named.join(', ')}, the data has ${labels.join(', ')}`,
          why: 'every pair of true and predicted class needs its value',
          hint: [
            ...(without.length > 0 ? [`add ${without.join(', ')}`] : []),
            ...(unknown.length > 0 ? [`remove ${unknown.join(', ')}`] : []),
          ].join(' and '),
        },
      ]
}

/** Everything that makes it impossible to judge this gate on this evidence. */
export const evidenceFaults = (gate: Gate, evidence: Evidence, measures: Measures): readonly GateFault[] => {
  const empty = emptyFaults(evidence)
  if (empty.length > 0) return empty
  const metrics = gate.rules.flatMap((rule) => {
    const sides: readonly Side[] = [
      'candidate',
      ...(rule.condition.kind === 'comparison' ? [rule.condition.versus] : []),
    ]
    const unknown = sides.filter((side) => measures.figureOf(rule, side) === undefined)
    const ambiguous = unknown.flatMap((side) => ambiguity(rule, side, evidence) ?? [])
    if (ambiguous.length > 0) return ambiguous
    return unknown.includes('candidate') ? (metricFault(rule, evidence) ?? []) : []
  })
  return [...metrics, ...gate.rules.flatMap((rule) => sliceFaults(rule, evidence)), ...matrixFault(gate, evidence)]
}
