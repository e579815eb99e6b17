import type { StepEnd, StepWork } from '../step.ts'

/** An action of somebody else that is emulated, because its source can't be had on this machine. */
export interface OutsideAction {
  /** One sentence for the table after the run. */
  readonly emulation: string
  /** Inputs that are obeyed. */
  readonly inputs: readonly string[]
  /** Inputs that change nothing on this machine. */
  readonly meaningless: readonly string[]
  readonly perform: (work: StepWork, inputs: ReadonlyMap<string, string>) => Promise<StepEnd>
}

export const readBoolean = (name: string, text: string | undefined, fallback: boolean): boolean => {
  if (text === undefined || text === '') return fallback
  if (/^(true|True|TRUE)$/.test(text)) return true
  if (/^(false|False|FALSE)$/.test(text)) return false
  throw new Error(`input "${name}" is "${text}" | it must be true or false | write one of them`)
}
