// https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
import { evaluateToken, type Scope, type Value } from './expressions.ts'
import { fieldsOf, type Token } from './tokens.ts'

export type Combination = Readonly<Record<string, Value>>

export interface Strategy {
  /** One undefined when there is no matrix; empty when a matrix has no combination. */
  readonly combinations: readonly (Combination | undefined)[]
  readonly failFast: boolean
  readonly maxParallel: number
}

const isRecord = (value: Value | undefined): value is { readonly [key: string]: Value } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const recordsOf = (value: Value | undefined): readonly Combination[] =>
  Array.isArray(value) ? value.filter((item): item is { readonly [key: string]: Value } => isRecord(item)) : []

const same = (a: Value | undefined, b: Value | undefined): boolean => JSON.stringify(a) === JSON.stringify(b)

const includesAll = (combination: Combination, wanted: Value): boolean =>
  isRecord(wanted) && Object.entries(wanted).every(([key, value]) => same(combination[key], value))

const productOf = (axes: readonly (readonly [string, Value])[]): readonly Combination[] =>
  axes.reduce<readonly Combination[]>(
    (combinations, [name, values]) =>
      combinations.flatMap((combination) =>
        (Array.isArray(values) ? values : []).map((value: Value) => ({ ...combination, [name]: value })),
      ),
    [{}],
  )

// An `include` entry joins every combination of which it overwrites no original value; otherwise it stands alone.
const withIncluded = (
  originals: readonly Combination[],
  axes: ReadonlySet<string>,
  included: readonly Combination[],
) => {
  const joins = (original: Combination, extra: Combination) =>
    Object.entries(extra).every(([key, value]) => !axes.has(key) || same(original[key], value))
  const joined = originals.map((original) =>
    included.filter((extra) => joins(original, extra)).reduce((all, extra) => ({ ...all, ...extra }), original),
  )
  const alone = included.filter((extra) => !originals.some((original) => joins(original, extra)))
  return [...joined, ...alone]
}

/** All combinations of an evaluated matrix, `exclude` first, then `include`. */
const expandMatrix = (matrix: Value): readonly Combination[] => {
  if (!isRecord(matrix)) return []
  const axes = Object.entries(matrix).filter(([name]) => name !== 'include' && name !== 'exclude')
  const excluded = recordsOf(matrix['exclude'])
  const originals = (axes.length === 0 ? [] : productOf(axes)).filter(
    (combination) => !excluded.some((wanted) => includesAll(combination, wanted)),
  )
  return withIncluded(originals, new Set(axes.map(([name]) => name)), recordsOf(matrix['include']))
}

/** The strategy of a job. Throws when the matrix evaluates to no combination, as GitHub does. */
export const strategyOf = (token: Token | undefined, scope: Scope): Strategy => {
  const fields = fieldsOf(token)
  const matrix = fields.get('matrix')
  const combinations = matrix === undefined ? [undefined] : expandMatrix(evaluateToken(matrix, scope))
  if (combinations.length === 0) throw new Error('Matrix vector does not contain any values')
  const failFast = fields.get('fail-fast')
  const maxParallel = fields.get('max-parallel')
  return {
    combinations,
    failFast: failFast === undefined || evaluateToken(failFast, scope) !== false,
    maxParallel: maxParallel === undefined ? combinations.length : Number(evaluateToken(maxParallel, scope)),
  }
}

const labelsOf = (value: Value): readonly string[] => {
  if (value === null) return []
  if (typeof value !== 'object') return [String(value)]
  return Object.values(value).flatMap(labelsOf)
}

/** What GitHub puts behind the name of a matrix job: ` (3.12, linux)`. */
export const suffixOf = (combination: Combination | undefined): string =>
  combination === undefined ? '' : ` (${Object.values(combination).flatMap(labelsOf).join(', ')})`
