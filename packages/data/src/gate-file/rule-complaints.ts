import { canonicalMetric, directionOf, kindOf, METRICS, nearest } from '@mlops/core'
import type { DocumentFault } from '../documents/document-fault.ts'
import { type Fields, fieldsOf } from '../documents/fields.ts'
import type { SpelledOut } from './rule-line.ts'
import type { RuleText } from './shape.ts'

/** A rule with its keys, whether it was a line or a mapping; `metric` is absent when a line means several. */
export type Spelled = SpelledOut & Partial<Omit<RuleText, 'metric' | 'class'>>
export type Meant = Spelled & { readonly metric: string }

export type Complaint = Pick<DocumentFault, 'what' | 'why' | 'hint'>

export const TESTS = ['superior', 'non-inferior', 'max-increase', 'max-decrease'] as const

const present = (complaints: readonly (Complaint | false)[]): readonly Complaint[] =>
  complaints.filter((complaint) => complaint !== false)

const marginComplaint = (test: string, margin: unknown): Complaint | false => {
  const count = Object.keys(fieldsOf(margin)).length
  return (
    typeof margin === 'object' &&
    count !== 1 && {
      what: `has ${test} with ${count} margins`,
      why: 'a margin is either absolute or relative',
      hint: `write \`${test}: { abs: 0.01 }\` or \`${test}: { rel: 0.1 }\``,
    }
  )
}

/** Which keys of a mapping stand together. Looks at keys only, so that it can speak beside faults of their values. */
export const keyComplaints = (rule: Fields): readonly Complaint[] => {
  const has = (key: string) => rule[key] !== undefined
  const conditions = [...(has('min') || has('max') ? ['min / max'] : []), ...TESTS.filter(has)]
  const [condition, second] = conditions
  const isOne = condition !== undefined && second === undefined
  const compares = condition !== 'min / max'
  return present([
    condition === undefined && {
      what: 'has no condition',
      why: 'it would be kept by every model',
      hint: `write min, max, or vs with one of ${TESTS.join(', ')}`,
    },
    second !== undefined && {
      what: `has the conditions ${conditions.join(', ')}`,
      why: 'a rule is about one',
      hint: 'write two rules',
    },
    isOne &&
      compares &&
      !has('vs') && {
        what: `has ${condition} without vs`,
        why: 'it compares',
        hint: 'add `vs: champion` or `vs: baseline`',
      },
    isOne &&
      !compares &&
      has('vs') && {
        what: 'has vs beside min or max',
        why: 'a threshold compares with nothing',
        hint: `remove vs, or write one of ${TESTS.join(', ')}`,
      },
    isOne &&
      compares &&
      has('bound') && {
        what: `has bound beside ${condition}`,
        why: 'a comparison always uses its interval',
        hint: 'remove bound',
      },
    has('required') &&
      !has('slices') && {
        what: 'has required without slices',
        why: 'it is about slices with too few rows',
        hint: 'remove required',
      },
    ...TESTS.map((test) => marginComplaint(test, rule[test])),
  ])
}

const OF_ONE_CLASS: ReadonlySet<string> = new Set(['precision', 'recall', 'f1'])

/** What contradicts itself in a rule whose keys are sound. */
export const meaningComplaints = ({ metric, class: cls, better, min, max, ...rule }: Meant): readonly Complaint[] => {
  const [name, known] = [canonicalMetric(metric), directionOf(metric)]
  const direction = better ?? known
  const near = nearest(name, METRICS)
  const needed = { point: undefined, 'lower-ci': max, 'upper-ci': min }[rule.bound ?? 'point']
  return present([
    min !== undefined &&
      max !== undefined &&
      min > max && { what: `has min ${min} above max ${max}`, why: 'no value keeps both', hint: 'swap them' },
    needed !== undefined && {
      what: `has bound ${rule.bound ?? ''} on ${max === needed ? 'max' : 'min'}`,
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
    rule.vs !== undefined &&
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
  ])
}
