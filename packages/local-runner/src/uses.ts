/** Where the thing named by `uses` comes from. */
export type Uses =
  /** `./x`: in the job's workspace. */
  | { readonly kind: 'workspace'; readonly path: string }
  /** `$/x` or `<this repository>/x@ref`: in this repository at this commit. */
  | { readonly kind: 'repository'; readonly path: string; readonly ref: string }
  | { readonly kind: 'outside'; readonly name: string; readonly path: string; readonly ref: string }
  | { readonly kind: 'docker' }
  | { readonly kind: 'unreadable' }

/** Reads a `uses` value. `repository` is the slug that stands for this repository. */
export const parseUses = (text: string, repository: string): Uses => {
  if (text.startsWith('docker://')) return { kind: 'docker' }
  if (text.startsWith('./')) return { kind: 'workspace', path: text.slice(2) }
  if (text.startsWith('$/')) return { kind: 'repository', path: text.slice(2), ref: '' }
  const match = /^([^/@]+\/[^/@]+)(?:\/([^@]*))?@(.+)$/.exec(text)
  if (match === null) return { kind: 'unreadable' }
  const [, slug = '', path = '', ref = ''] = match
  const own = slug.toLowerCase() === repository.toLowerCase()
  return own ? { kind: 'repository', path, ref } : { kind: 'outside', name: slug, path, ref }
}
