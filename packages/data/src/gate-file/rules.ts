import { canonicalMetric, type Condition, type FilePlace, type Margin, type Rule } from '@mlops/core'
import type { DocumentFault, Reading } from '../documents/document-fault.ts'
import { fieldsOf } from '../documents/fields.ts'
import { checkShape } from '../documents/shape-faults.ts'
import type { YamlDocument } from '../documents/yaml-document.ts'
import { type Complaint, keyComplaints, type Meant, meaningComplaints, type Spelled, TESTS } from './rule-complaints.ts'
import { readRuleLine, type SpelledMargin } from './rule-line.ts'
import { ruleShape } from './shape.ts'
import { readSlice } from './slice-text.ts'
import { GATE_WORDS } from './words.ts'

/** A rule that follows the shape, or one that does not, with nothing but its faults. */
interface Draft {
  readonly at: FilePlace
  readonly name: string
  readonly spelled?: Spelled
  readonly faults: readonly DocumentFault[]
}

const faultOf = ({ at, name }: Pick<Draft, 'at' | 'name'>, complaint: Complaint): DocumentFault => ({
  code: 'E-GATE',
  ...at,
  ...complaint,
  what: `${name} ${complaint.what}`,
})

const unknownLine = (line: string): Complaint => ({
  what: `is "${line.slice(0, 80)}"`,
  why: 'no rule reads so',
  hint: 'write lines like `accuracy >= 0.80`, `recall of High >= 0.4`, `f1_macro not worse than champion by 0.01`, `rmse not more than 10% above baseline`',
})

const NO_METRIC: Complaint = {
  what: 'names no metric',
  why: 'no rule here has a min or max whose metric could be meant',
  hint: 'name the metric: `f1_macro not worse than champion by 0.01`',
}

const draftOf = (item: unknown, path: readonly (string | number)[], document: YamlDocument): Draft => {
  const owner = { at: document.valueAt(path), name: `rule ${Number(path.at(-1)) + 1}` }
  if (typeof item === 'string') {
    const spelled = readRuleLine(item)
    return spelled === undefined
      ? { ...owner, faults: [faultOf(owner, unknownLine(item))] }
      : { ...owner, spelled, faults: [] }
  }
  const { value, faults } = checkShape(
    item,
    { shape: ruleShape, base: path, owner: owner.name, words: GATE_WORDS },
    document,
  )
  const complaints = typeof item === 'object' ? keyComplaints(fieldsOf(item)) : []
  const all = [...faults, ...complaints.map((complaint) => faultOf(owner, complaint))]
  if (value === undefined || all.length > 0) return { ...owner, faults: all }
  const label = value.class === undefined ? {} : { class: document.textAt([...path, 'class']) ?? String(value.class) }
  return { ...owner, spelled: { ...value, ...label } as Spelled, faults: [] }
}

const marginOf = ({ abs, rel }: SpelledMargin): Margin =>
  rel === undefined ? { kind: 'abs', value: abs ?? 0 } : { kind: 'rel', value: rel }

const conditionOf = ({ vs, min, max, bound = 'point', ...tests }: Meant): Condition => {
  if (vs === undefined)
    return { kind: 'absolute', ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }), bound }
  const test = TESTS.find((one) => tests[one] !== undefined) ?? 'superior'
  const margin = test === 'superior' ? undefined : tests[test]
  return { kind: 'comparison', versus: vs, test, ...(margin === undefined ? {} : { margin: marginOf(margin) }) }
}

const ruleOf = (at: FilePlace, meant: Meant): Rule => ({
  metric: canonicalMetric(meant.metric),
  ...(meant.class === undefined ? {} : { class: meant.class }),
  ...(meant.better === undefined ? {} : { better: meant.better }),
  condition: conditionOf(meant),
  slices: (meant.slices ?? []).map(readSlice).filter((slice) => slice !== undefined),
  required: meant.required ?? false,
  severity: meant.severity ?? 'error',
  ifMissing: meant['if-missing'] ?? 'fail',
  at,
})

/**
 * A line that names no metric stands for one rule for each metric, and class, that has a threshold in this file; where all of
 * its thresholds only warn, so does the rule.
 */
const meantBy = (spelled: Spelled, all: readonly Spelled[]): readonly Meant[] => {
  const { metric } = spelled
  if (metric !== undefined) return [{ ...spelled, metric }]
  const subjects = new Map<string, Meant>()
  for (const { metric: name, class: cls, better, vs, severity = 'error' } of all) {
    if (name === undefined || vs !== undefined) continue
    const key = JSON.stringify([canonicalMetric(name), cls])
    subjects.set(key, {
      ...spelled,
      metric: name,
      ...(cls === undefined ? {} : { class: cls }),
      ...(better === undefined ? {} : { better }),
      severity: subjects.get(key)?.severity === 'error' ? 'error' : severity,
    })
  }
  return [...subjects.values()]
}

const notList = (place: FilePlace): DocumentFault => ({
  code: 'E-GATE',
  ...place,
  what: 'rules is not a list',
  why: 'each rule is an item of it',
  hint: 'begin each rule with `- `',
})

const noRules = (place: FilePlace): DocumentFault => ({
  code: 'E-NORULES',
  ...place,
  what: 'the gate file has no rule that could reject',
  why: 'it would approve everything',
  hint: 'write at least one rule of severity error, such as `accuracy >= 0.80`',
})

/** Reads the rules at a path; all of their faults at once. */
export const readRules = (
  items: unknown,
  path: readonly string[],
  document: YamlDocument,
): Reading<readonly Rule[]> => {
  const list: unknown = items ?? []
  if (!Array.isArray(list)) return { kind: 'faults', faults: [notList(document.valueAt(path))] }
  const drafts = list.map((item: unknown, index) => draftOf(item, [...path, index], document))
  const all = drafts.flatMap(({ spelled }) => spelled ?? [])
  // Which metrics a line means is not known while a rule that could name one is not understood.
  const areKnown = all.length === drafts.length
  const read = drafts.map((draft) => {
    const meant = draft.spelled === undefined ? [] : meantBy(draft.spelled, all)
    const complaints = meant.length === 0 && areKnown ? [NO_METRIC] : meant.flatMap(meaningComplaints)
    return {
      rules: meant.map((one) => ruleOf(draft.at, one)),
      faults: [...draft.faults, ...complaints.map((complaint) => faultOf(draft, complaint))],
    }
  })
  const rules = read.flatMap((one) => one.rules)
  const onlyWarn = list.every((item) => fieldsOf(item)['severity'] === 'warn')
  const isVoid = onlyWarn || (areKnown && rules.length > 0 && rules.every(({ severity }) => severity === 'warn'))
  const faults = [...(isVoid ? [noRules(document.valueAt(path))] : []), ...read.flatMap((one) => one.faults)]
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'ok', value: rules }
}
