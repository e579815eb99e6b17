import type { Context } from '@mlops/action-kit'
import { ActionError, errorLine, type Ignored } from '@mlops/core'
import { readIgnoreFile } from '@mlops/data'
import type { Inputs } from './spec.ts'

const missing = (file: string, cause: unknown) =>
  new ActionError({
    code: 'E-IGNORE-FILE',
    kind: 'user',
    what: `the ignore file ${file} can't be read`,
    why: 'the checkout has no such file',
    hint: 'check the path, and that a checkout step runs before',
    cause,
  })

/** The vulnerabilities that are let pass today. Throws E-IGNORE-FILE, or E-YAML, with all faults of the file. */
export const readIgnored = ({ ignoreFile: file }: Inputs, { files, clock }: Context): readonly Ignored[] => {
  if (file === undefined) return []
  let text: string
  try {
    text = files.readText(file)
  } catch (error) {
    throw missing(file, error)
  }
  // oxlint-disable-next-line no-restricted-globals -- formats the clock's time, asks for none
  const read = readIgnoreFile(text, new Date(clock.now()).toISOString().slice(0, 10))
  if (read.kind === 'ok') return read.value
  const [first] = read.faults
  if (first === undefined) return []
  throw new ActionError({
    ...first,
    kind: 'user',
    what: `${file}: ${first.what}${read.faults.length === 1 ? '' : `, and ${read.faults.length - 1} more faults`}`,
    locations: read.faults.map((fault) => ({ file, line: fault.line ?? 1, text: errorLine(fault) })),
  })
}
