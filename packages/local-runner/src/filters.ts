// Branch, tag and path filters:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
import { type Fields, literalsOf } from './tokens.ts'

const SPECIAL = /[.^$(){}|]/

const translate = (pattern: string): string => {
  let source = ''
  for (let index = 0; index < pattern.length; index += 1) {
    const char = pattern[index] ?? ''
    if (char === '\\') {
      index += 1
      source += `\\${pattern[index] ?? ''}`
    } else if (pattern.startsWith('**/', index) && (index === 0 || pattern[index - 1] === '/')) {
      source += '(?:.*/)?'
      index += 2
    } else if (pattern.startsWith('**', index)) {
      source += '.*'
      index += 1
    } else if (char === '*') source += '[^/]*'
    else source += SPECIAL.test(char) ? `\\${char}` : char
  }
  return source
}

/** A filter pattern as an expression: `?` and `+` speak of the character before them, unlike in a shell. */
export const filterPattern = (pattern: string): RegExp => new RegExp(`^${translate(pattern)}$`)

/** Whether a name matches an ordered list in which a later `!pattern` takes out what an earlier one let in. */
export const matchesPatterns = (name: string, patterns: readonly string[]): boolean =>
  patterns.reduce((matched, pattern) => {
    if (pattern.startsWith('!')) return matched && !filterPattern(pattern.slice(1)).test(name)
    return matched || filterPattern(pattern).test(name)
  }, false)

/** Why an event is not heard; undefined when it is. */
export type Objection = string | undefined

const list = (names: readonly string[]) => names.join(', ')

const byName = (kind: string, name: string, only: readonly string[], ignored: readonly string[]): Objection => {
  if (only.length > 0 && !matchesPatterns(name, only)) return `${kind} "${name}" matches none of ${list(only)}`
  if (ignored.length > 0 && matchesPatterns(name, ignored)) return `${kind} "${name}" is ignored by ${list(ignored)}`
  return undefined
}

/** The `branches` filter, of a push to a branch or of a pull request's base. */
export const branchObjection = (fields: Fields, branch: string): Objection =>
  byName('the branch', branch, literalsOf(fields.get('branches')), literalsOf(fields.get('branches-ignore')))

const TAG_KEYS = ['tags', 'tags-ignore']
const BRANCH_KEYS = ['branches', 'branches-ignore']
const hasAny = (fields: Fields, keys: readonly string[]) => keys.some((key) => fields.has(key))

/** The branch and tag filters of a push. With one of the two kinds alone, the other kind of ref is not heard. */
export const refObjection = (fields: Fields, ref: string): Objection => {
  if (ref.startsWith('refs/tags/')) {
    if (!hasAny(fields, TAG_KEYS) && hasAny(fields, BRANCH_KEYS)) return 'it listens to branches, and this is a tag'
    const tag = ref.slice('refs/tags/'.length)
    return byName('the tag', tag, literalsOf(fields.get('tags')), literalsOf(fields.get('tags-ignore')))
  }
  if (hasAny(fields, TAG_KEYS) && !hasAny(fields, BRANCH_KEYS)) return 'it listens to tags, and this is a branch'
  return branchObjection(fields, ref.replace(/^refs\/heads\//, ''))
}

/** The path filters. `changed` is undefined when it can't be told, and then the event is heard. */
export const pathObjection = (fields: Fields, changed: readonly string[] | undefined): Objection => {
  if (changed === undefined) return undefined
  const only = literalsOf(fields.get('paths'))
  const ignored = literalsOf(fields.get('paths-ignore'))
  if (only.length > 0 && !changed.some((path) => matchesPatterns(path, only)))
    return `none of the ${changed.length} changed files matches ${list(only)}`
  if (ignored.length > 0 && changed.every((path) => matchesPatterns(path, ignored)))
    return `all ${changed.length} changed files are ignored by ${list(ignored)}`
  return undefined
}

/** The `types` filter; `usual` are heard when there is none. */
export const typeObjection = (fields: Fields, type: string, usual: readonly string[] | undefined): Objection => {
  const types = literalsOf(fields.get('types'))
  const heard = types.length > 0 ? types : usual
  return heard === undefined || heard.includes(type) ? undefined : `the type "${type}" is none of ${list(heard)}`
}
