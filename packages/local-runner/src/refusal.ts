/** One thing that this engine does not do, found before anything runs. */
export interface Refusal {
  readonly file: string
  /** `line:column` */
  readonly place: string
  readonly what: string
  readonly why: string
  readonly hint: string
}

export const refusalLine = ({ file, place, what, why, hint }: Refusal): string =>
  `${file}:${place}: ${what} | ${why} | ${hint}`

/** Ends a run before it began, with everything that stands in its way. */
export class RefusedError extends Error {
  readonly refusals: readonly Refusal[]

  constructor(refusals: readonly Refusal[]) {
    super(refusals.map(refusalLine).join('\n'))
    this.name = 'RefusedError'
    this.refusals = refusals
  }
}
