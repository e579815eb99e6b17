/** Says of a path, relative with slashes, whether it is left out. */
export type IsIgnored = (path: string) => boolean

interface Pattern {
  readonly matches: RegExp
  readonly keeps: boolean
}

const escaped = (text: string) => text.replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)

/** `**` is any number of folders, `*` and `?` stay within one name (Docker's reference, ".dockerignore file"). */
const expressionOf = (pattern: string): RegExp => {
  const parts = pattern
    .split('/')
    .map((part) =>
      part === '**' ? '(?:[^/]+/)*' : `${escaped(part).replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}/`,
    )
  // A pattern fits a folder with all that lies in it.
  return new RegExp(`^${parts.join('')}`)
}

const patternOf = (line: string): Pattern => {
  const keeps = line.startsWith('!')
  const pattern = line
    .slice(Number(keeps))
    .trim()
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
  return { keeps, matches: expressionOf(pattern.endsWith('/**') ? `${pattern}/*` : pattern) }
}

/**
 * Reads a .dockerignore: one pattern a line, `#` for comments, `!` for exceptions, the last one that fits counts. Of Docker's
 * patterns all but character classes (`[a-z]`) are understood; gives the first line that is not.
 */
export const readIgnorePatterns = (
  text: string,
): { readonly kind: 'ok'; readonly isIgnored: IsIgnored } | { readonly kind: 'unknown'; readonly line: number } => {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const unknown = lines.findIndex((line) => !line.startsWith('#') && /[[\]\\]|\.\./.test(line))
  if (unknown >= 0) return { kind: 'unknown', line: unknown + 1 }
  const patterns = lines
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== '!')
    .map(patternOf)
  return {
    kind: 'ok',
    isIgnored: (path) => {
      const last = patterns.findLast(({ matches }) => matches.test(`${path}/`))
      return last !== undefined && !last.keeps
    },
  }
}
