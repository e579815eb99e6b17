import type { Ignored } from '@mlops/core'
import type { DocumentFault, Reading } from '../documents/document-fault.ts'
import { fieldsOf } from '../documents/fields.ts'
import { type DocumentPath, readYaml, type YamlDocument } from '../documents/yaml-document.ts'

const FIELDS = ['id', 'reason', 'expires'] as const
/** So that every entry is looked at again within a year. */
const LONGEST_DAYS = 366

const dayNumber = (date: string): number | undefined => {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date) ?? []
  if (year === undefined) return undefined
  // oxlint-disable-next-line no-restricted-globals -- counts the days of a given date, asks for none
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day))
  // oxlint-disable-next-line no-restricted-globals -- the same: 2027-02-31 would be a day of March
  return new Date(ms).toISOString().startsWith(date) ? ms / 86_400_000 : undefined
}

const fault = (document: YamlDocument, path: DocumentPath, what: string, why: string, hint: string): DocumentFault => ({
  code: 'E-IGNORE-FILE',
  ...document.valueAt(path),
  what,
  why,
  hint,
})

const expiryFault = (expires: string, today: string): readonly [string, string, string] | undefined => {
  const [last, now] = [dayNumber(expires), dayNumber(today) ?? 0]
  if (last === undefined) return [`expires is ${expires}`, 'it is no day', 'write it like 2027-01-31']
  if (last < now)
    return [
      `it has expired on ${expires}`,
      'what was let pass for a while is let pass no longer',
      'update the package, or look at the vulnerability again and give a new day',
    ]
  if (last <= now + LONGEST_DAYS) return undefined
  return [`expires is ${expires}`, 'that is more than a year away', 'give a day on which somebody looks at it again']
}

const entryFaults = (document: YamlDocument, index: number, today: string): readonly DocumentFault[] => {
  const fields = fieldsOf((document.value as readonly unknown[])[index])
  const unknown = Object.keys(fields).filter((name) => !FIELDS.some((field) => field === name))
  const missing = FIELDS.filter((name) => typeof fields[name] !== 'string' || fields[name].trim() === '')
  const { expires } = fields
  const late = typeof expires === 'string' && expires.trim() !== '' ? expiryFault(expires, today) : undefined
  return [
    ...unknown.map((name) =>
      fault(
        document,
        [index, name],
        `the key ${name} is not known`,
        'an entry has id, reason and expires',
        'remove it',
      ),
    ),
    ...missing.map((name) =>
      fault(
        document,
        [index, name],
        `${name} is missing`,
        'an entry says what is ignored, why, and until when',
        `give ${name} as a text`,
      ),
    ),
    ...(late === undefined ? [] : [fault(document, [index, 'expires'], ...late)]),
  ]
}

/**
 * Reads a file of ignored vulnerabilities: a YAML list of `id`, `reason` and `expires`. An entry that has expired is a fault,
 * as is one that is good for more than a year.
 *
 * @param today as 2027-01-31
 */
export const readIgnoreFile = (text: string, today: string): Reading<readonly Ignored[]> => {
  const read = readYaml(text)
  if (read.kind === 'faults') return read
  const document = read.value
  const { value } = document
  if (value === null) return { kind: 'ok', value: [] }
  if (!Array.isArray(value))
    return {
      kind: 'faults',
      faults: [fault(document, [], 'the file is no list', 'it lists vulnerabilities', 'begin each entry with "- id:"')],
    }
  const faults = value.flatMap((_, index) => entryFaults(document, index, today))
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'ok', value: value as readonly Ignored[] }
}
