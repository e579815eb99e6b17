import { ActionError, type ErrorCode } from '@mlops/core'

type Code = 'E-VALUE' | 'E-ROW'

/** What is wrong with cells and rows of one file, gathered while it is read, so that one run names all of it. */
export interface Faults {
  readonly add: (code: Code, text: string) => void
  readonly count: () => number
  /** Forgets what was added since there were so many: the row is going to be read again. */
  readonly backTo: (count: number) => void
  /** Throws one error for all faults, with the code of the first. */
  readonly throwIfAny: () => void
}

/** Each fault in full up to here, then their number. */
const LISTED = 5

const HINTS: Readonly<Record<Code, string>> = {
  'E-VALUE': 'score every row with both models, and write a number where the gate file needs one',
  'E-ROW': 'quote a text that holds a separator or a line break, and write the file again',
}

export const gatherFaults = (source: string): Faults => {
  const listed: { readonly code: Code; readonly text: string }[] = []
  let count = 0

  return {
    count: () => count,
    add: (code, text) => {
      if (count < LISTED) listed.push({ code, text })
      count += 1
    },
    backTo: (before) => {
      count = before
      listed.length = Math.min(listed.length, before)
    },
    throwIfAny: () => {
      const [first] = listed
      if (first === undefined) return
      const more = count > listed.length ? [`and ${count - listed.length} more`] : []
      throw new ActionError({
        code: first.code,
        kind: 'user',
        what: `${source} holds ${count} ${count === 1 ? 'cell or row' : 'cells or rows'} that cannot be used`,
        why: [...listed.map(({ text }) => text), ...more].join('; '),
        hint: HINTS[first.code],
      })
    },
  }
}

/** A foreign text as a message shows it. */
export const shown = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text)

/** An error that is about a file as a whole. */
export const fileError = (code: ErrorCode, what: string, why: string, hint: string): ActionError =>
  new ActionError({ code, kind: 'user', what, why, hint })
