import {
  canonicalMetric,
  type Condition,
  directionOf,
  type FilePlace,
  kindOf,
  type Margin,
  METRICS,
  nearest,
  type Rule,
} from '@mlops/core'
import type { DocumentFault, Reading } from '../documents/document-fault.ts'
import { type Fields, fieldsOf } from '../documents/fields.ts'
import type { YamlDocument } from '../documents/yaml-document.ts'
import { readRuleLine, type SpelledMargin, type SpelledOut } from './rule-line.ts'
import { ruleShape, type RuleText } from './shape.ts'
import { checkShape } from './shape-faults.ts'
import { readSlice } from './slice-text.ts'

const TESTS = ['superior', 'non-inferior', 'max-increase', 'max-decrease'] as const

type Spelled = SpelledOut & Partial<Omit<RuleText, 'metric' | 'class'>>

/** A rule that follows the shape, with its place; or one that does not, with nothing but its faults. */
interface Draft {
  readonly at: FilePlace
  readonly name: string
  readonly spelled?: Spelled
  readonly faults: readonly DocumentFault[]
}

type Complaint = Pick<DocumentFault, 'what' | 'why' | 'hint'>

/** Which keys stand together. Looks at keys only, so that it can speak beside faults of their values. */
const conditionComplaints = (rule: Fields): readonly Complaint[] => {
  const has = (key: string) => rule[key] !== undefined
  const conditions = [...(has('min') || has('max') ? ['min / max'] : []), ...TESTS.filter(has)]
  const [condition] = conditions
  if (condition === undefined)
    return [
      {
        what: 'has no condition',
        why: 'it would be kept by every model',
        hint: `write min, max, or vs with one of ${TESTS.join(', ')}`,
      },
    ]
  if (conditions.length > 1)
    return [
      { what: `has the conditions ${conditions.join(', ')}`, why: 'a rule is about one', hint: 'write two rules' },
    ]
  const compares = condition !== 'min / max'
  return [
    ...(compares && !has('vs')
      ? [{ what: `has ${condition} without vs`, why: 'it compares', hint: 'add `vs: champion` or `vs: baseline`' }]
      : []),
    ...(!compares && has('vs')
      ? [
          {
            what: 'has vs beside min or max',
            why: 'a threshold compares with nothing',
            hint: `remove vs, or write one of ${TESTS.join(', ')}`,
          },
        ]
      : []),
    ...(compares && has('bound')
      ? [{ what: `has bound beside ${condition}`, why: 'a comparison always uses its interval', hint: 'remove bound' }]
      : []),
    ...(has('required') && !has('slices')
      ? [{ what: 'has required without slices', why: 'it is about slices with too few rows', hint: 'remove required' }]
      : []),
  ]
}

const marginComplaints = (rule: Fields): readonly Complaint[] =>
  TESTS.filter((test) => typeof rule[test] === 'object' && Object.keys(fieldsOf(rule[test])).length !== 1).map(
    (test) => ({
      what: `has ${test} with ${Object.keys(fieldsOf(rule[test])).length} margins`,
      why: 'a margin is either absolute or relative',
      hint: `write \`${test}: { abs: 0.01 }\` or \`${test}: { rel: 0.1 }\``,
    }),
  )

const faultOf = ({ at, name }: Pick<Draft, 'at' | 'name'>, complaint: Complaint): DocumentFault => ({
  code: 'E-GATE',
  ...at,
  ...complaint,
  what: `${name} ${complaint.what}`,
})

const LINE_HINT =
  'write lines like `accuracy >= 0.80`, `recall of High >= 0.4`, `f1_macro not worse than champion by 0.01`, `rmse not more than 10% above baseline`'

const draftOf = (item: unknown, path: readonly (string | number)[], document: YamlDocument): Draft => {
  const [at, name] = [document.valueAt(path), `rule ${Number(path.at(-1)) + 1}`]
  if (typeof item === 'string') {
    const spelled = readRuleLine(item)
    return spelled === undefined
      ? {
          at,
          name,
          faults: [
            faultOf({ at, name }, { what: `is "${item.slice(0, 80)}"`, why: 'no rule reads so', hint: LINE_HINT }),
          ],
        }
      : { at, name, spelled, faults: [] }
  }
  const { value, faults } = checkShape(item, { shape: ruleShape, base: path, owner: name }, document)
  const complaints =
    typeof item === 'object' ? [...conditionComplaints(fieldsOf(item)), ...marginComplaints(fieldsOf(item))] : []
  const all = [...faults, ...complaints.map((complaint) => faultOf({ at, name }, complaint))]
  if (value === undefined || all.length > 0) return { at, name, faults: all }
  const { class: cls, metric, ...rest } = value
  const label = cls === undefined ? {} : { class: document.textAt([...path, 'class']) ?? String(cls) }
  return { at, name, spelled: { ...rest, metric, ...label } as Spelled, faults: [] }
}

type Meant = Spelled & { readonly metric: string }

const OF_ONE_CLASS: ReadonlySet<string> = new Set(['precision', 'recall', 'f1'])
const BOUNDS = { 'lower-ci': 'min', 'upper-ci': 'max' } as const

/** What contradicts itself in a rule whose keys are sound. */
const meaningComplaints = ({ metric, class: cls, better, ...rule }: Meant): readonly Complaint[] => {
  const [name, known] = [canonicalMetric(metric), directionOf(metric)]
  const direction = better ?? known
  const compares = rule.vs !== undefined
  const near = nearest(name, METRICS)
  const complaints: readonly (Complaint | false)[] = [
    rule.min !== undefined &&
      rule.max !== undefined &&
      rule.min > rule.max && {
        what: `has min ${rule.min} above max ${rule.max}`,
        why: 'no value keeps both',
        hint: 'swap them',
      },
    (rule.bound === 'lower-ci' || rule.bound === 'upper-ci') &&
      (rule[BOUNDS[rule.bound]] === undefined || (rule.min !== undefined && rule.max !== undefined)) && {
        what: `has bound ${rule.bound} on ${rule.min === undefined ? 'max' : 'min'}`,
        why: 'only the lower end can fall below min, and only the upper one exceed max',
        hint: 'use lower-ci with min alone, upper-ci with max alone',
      },
    cls !== undefined &&
      kindOf(metric) !== undefined &&
      !OF_ONE_CLASS.has(name) && {
        what: `asks for ${name} of the class ${cls}`,
        why: 'it is a figure of all classes',
        hint: 'only precision, recall and f1 are of one class',
      },
    better !== undefined &&
      known !== undefined &&
      better !== known && { what: `says that ${better} ${name} is better`, why: `${known} is`, hint: 'remove better' },
    compares &&
      direction === undefined && {
        what: `compares ${metric}`,
        why: 'it is not known whether more of it is better',
        hint:
          near === undefined ? 'add `better: higher` or `better: lower`' : `did you mean ${near}? Else add \`better\``,
      },
    rule['max-increase'] !== undefined &&
      direction === 'higher' && {
        what: `limits an increase of ${name}`,
        why: 'more of it is better',
        hint: 'write max-decrease (below)',
      },
    rule['max-decrease'] !== undefined &&
      direction === 'lower' && {
        what: `limits a decrease of ${name}`,
        why: 'less of it is better',
        hint: 'write max-increase (above)',
      },
  ]
  return complaints.filter((complaint) => complaint !== false)
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

/** A line that names no metric stands for one rule for each metric, and class, that has a threshold in this file. */
const meantBy = (spelled: Spelled, all: readonly Spelled[]): readonly Meant[] => {
  const { metric } = spelled
  if (metric !== undefined) return [{ ...spelled, metric }]
  const subjects = new Map<string, Meant>()
  for (const { metric: name, class: cls, better, vs } of all)
    if (name !== undefined && vs === undefined)
      subjects.set(JSON.stringify([canonicalMetric(name), cls]), {
        ...spelled,
        metric: name,
        ...(cls === undefined ? {} : { class: cls }),
        ...(better === undefined ? {} : { better }),
      })
  return [...subjects.values()]
}

const NO_RULES: Complaint = {
  what: 'the gate file has no rule that could reject',
  why: 'it would approve everything',
  hint: 'write at least one rule of severity error, such as `accuracy >= 0.80`',
}

/** Reads the rules at a path; all of their faults at once. */
export const readRules = (
  items: unknown,
  path: readonly string[],
  document: YamlDocument,
): Reading<readonly Rule[]> => {
  const place = document.valueAt(path)
  if (items !== undefined && items !== null && !Array.isArray(items))
    return {
      kind: 'faults',
      faults: [
        {
          code: 'E-GATE',
          ...place,
          what: 'rules is not a list',
          why: 'each rule is an item of it',
          hint: 'begin each rule with `- `',
        },
      ],
    }
  const list: readonly unknown[] = items ?? []
  if (list.every((item) => fieldsOf(item)['severity'] === 'warn'))
    return { kind: 'faults', faults: [{ code: 'E-NORULES', ...place, ...NO_RULES }] }

  const drafts = list.map((item, index) => draftOf(item, [...path, index], document))
  const all = drafts.flatMap(({ spelled }) => spelled ?? [])
  const read = drafts.map((draft) => {
    const meant = draft.spelled === undefined ? [] : meantBy(draft.spelled, all)
    const complaints = meant.flatMap(meaningComplaints)
    const nothing = draft.spelled !== undefined && meant.length === 0
    return {
      rules: meant.map((one) => ruleOf(draft.at, one)),
      faults: [
        ...draft.faults,
        ...complaints.map((complaint) => faultOf(draft, complaint)),
        ...(nothing
          ? [
              faultOf(draft, {
                what: 'names no metric',
                why: 'no rule here has a min or max whose metric could be meant',
                hint: 'name the metric: `f1_macro not worse than champion by 0.01`',
              }),
            ]
          : []),
      ],
    }
  })
  const faults = read.flatMap((one) => one.faults)
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'ok', value: read.flatMap(({ rules }) => rules) }
}
