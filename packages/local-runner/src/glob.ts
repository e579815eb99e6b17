import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'

const escape = (text: string) => text.replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)

/**
 * Turns a glob of files (`*`, `?`, `[…]`, `**`) into an expression over a path with `/`, as @actions/glob reads it:
 * a leading dot is no exception. https://github.com/actions/toolkit/tree/main/packages/glob#patterns
 */
export const fileGlob = (pattern: string): RegExp => {
  const source = pattern
    .replace(/\/+$/, '')
    .split(/(\*\*\/|\/\*\*$|\*\*|\*|\?|\[[^\]]+\])/)
    .map((part) => {
      if (part === '**/') return '(?:[^/]+/)*'
      if (part === '/**') return '(?:/.*)?'
      if (part === '**') return '.*'
      if (part === '*') return '[^/]*'
      if (part === '?') return '[^/]'
      return part.startsWith('[') && part.endsWith(']') && part.length > 2 ? part.replace('[!', '[^') : escape(part)
    })
    .join('')
  return new RegExp(`^${source}$`)
}

const byName = (a: Dirent, b: Dirent) => (a.name < b.name ? -1 : 1)

/** All files below a folder with `/`-paths relative to it, in name order. Symbolic links count as files. */
export const filesBelow = (folder: string, prefix = ''): readonly string[] => {
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .toSorted(byName)
    .flatMap((entry) => {
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
      return entry.isDirectory() ? filesBelow(folder, path) : [path]
    })
}
