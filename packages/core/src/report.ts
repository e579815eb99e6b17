/** A report as data; packages/report turns it into Markdown, so that no action builds Markdown by hand. */
export interface Report {
  /** One sentence that stands first and says it all. */
  readonly headline: string
  readonly blocks: readonly Block[]
}

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [name: string, value: string])[] }
  | {
      readonly kind: 'table'
      readonly columns: readonly string[]
      readonly rows: readonly (readonly string[])[]
      /** Columns that hold numbers are set flush right. */
      readonly numeric?: readonly string[]
    }
  /** Text that somebody else wrote: shown to the letter, never interpreted. */
  | { readonly kind: 'foreign'; readonly title: string; readonly text: string }
  | { readonly kind: 'details'; readonly title: string; readonly blocks: readonly Block[] }
