import type { Context } from '@mlops/action-kit'
import { ActionError, type Check, type Checks, errorLine } from '@mlops/core'
import { readChecks } from '@mlops/data'

const unreadable = (what: string, cause: unknown) =>
  new ActionError({
    code: 'E-CHECKS',
    kind: 'user',
    what: `${what} can't be read`,
    why: 'the checkout has no such file',
    hint: 'check the path, and that a checkout step runs before',
    cause,
  })

const textOf = (path: string, what: string, { files }: Pick<Context, 'files'>): string => {
  try {
    return files.readText(path)
  } catch (error) {
    throw unreadable(`${what} ${path}`, error)
  }
}

/** A check whose body is here, wherever it came from. */
const withBody = (check: Check, context: Pick<Context, 'files'>): Check =>
  check.body?.kind === 'file'
    ? {
        ...check,
        body: { kind: 'text', text: textOf(check.body.text, `the body of the check ${check.name},`, context) },
      }
    : check

/** Reads the checks file. Throws E-CHECKS, E-YAML or E-VERSION, with all faults of the file. */
export const checksOf = (file: string, context: Pick<Context, 'files'>): Checks => {
  const read = readChecks(textOf(file, 'the checks file', context))
  if (read.kind === 'faults') {
    const [first] = read.faults
    if (first === undefined) throw new Error('a file was refused without a fault')
    throw new ActionError({
      ...first,
      kind: 'user',
      what: `${file}: ${first.what}${read.faults.length === 1 ? '' : `, and ${read.faults.length - 1} more faults`}`,
      locations: read.faults.map((fault) => ({ file, line: fault.line, text: errorLine(fault) })),
    })
  }
  const [first, ...more] = read.value.checks
  return { ...read.value, checks: [withBody(first, context), ...more.map((check) => withBody(check, context))] }
}
