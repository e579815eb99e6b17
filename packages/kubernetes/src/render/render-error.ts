import { ActionError } from '@mlops/core'

export interface RenderFault {
  readonly file: string
  readonly line: number
  readonly what: string
  readonly why: string
  readonly hint: string
}

/** Everything that is wrong with a source of manifests, as one error. */
export const renderError = ([first, ...more]: readonly [RenderFault, ...(readonly RenderFault[])]): ActionError =>
  new ActionError({
    code: 'E-RENDER',
    kind: 'user',
    what: `${first.file}: ${first.what}${more.length === 0 ? '' : `, and ${more.length} more`}`,
    why: first.why,
    hint: first.hint,
    locations: [first, ...more].map(({ file, line, what, why, hint }) => ({
      file,
      line,
      text: `${what}: ${why}; ${hint}`,
    })),
  })
