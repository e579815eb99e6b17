/** An edit of the product that makes it wrong in one way: `find` must stand in the file exactly once. */
export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** A mutation and the tests of `suite` that must fail by it, by a part of their names; no others may. */
export interface Tooth {
  readonly scenario: string
  readonly suite: string
  readonly breaks: readonly string[]
  readonly mutation: string
  readonly edits: readonly Edit[]
}
