import type { Direction } from '../gate/gate.ts'

/**
 * What a metric is computed from: `labels` from the joint table, `numeric` from errors, `probability` from losses, `rank`
 * from scores in order.
 */
export type MetricKind = 'labels' | 'numeric' | 'probability' | 'rank'

interface Known {
  readonly kind: MetricKind
  readonly better: Direction
}

const family = (kind: MetricKind, better: Direction, names: readonly string[]) =>
  names.map((name): readonly [string, Known] => [name, { kind, better }])

const AVERAGED = ['precision', 'recall', 'f1']

const VOCABULARY: ReadonlyMap<string, Known> = new Map([
  ...family('labels', 'higher', ['accuracy', 'balanced_accuracy', 'mcc', 'kappa', ...AVERAGED]),
  ...family(
    'labels',
    'higher',
    AVERAGED.flatMap((name) => ['macro', 'micro', 'weighted'].map((average) => `${name}_${average}`)),
  ),
  ...family('rank', 'higher', ['auc', 'average_precision']),
  ...family('probability', 'lower', ['log_loss', 'brier']),
  ...family('numeric', 'lower', ['mse', 'rmse', 'mae', 'mape']),
  ...family('numeric', 'higher', ['r2']),
])

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['macro_f1', 'f1_macro'],
  ['weighted_f1', 'f1_weighted'],
  ['roc_auc', 'auc'],
  ['pr_auc', 'average_precision'],
])

/** Names that no model's file gives a second meaning; they are not computed, only compared. */
const LOSSES: ReadonlySet<string> = new Set(['loss', 'error', 'latency'])

/** All names that can be computed, in their canonical spelling. */
export const METRICS: readonly string[] = [...VOCABULARY.keys()]

/**
 * The one spelling of a metric's name: case, `-` and blank do not count, and an alias becomes the name it stands for. A name
 * outside of the vocabulary comes back in that spelling and otherwise as written.
 */
export const canonicalMetric = (name: string): string => {
  const spelled = name.trim().toLowerCase().replaceAll(/[-\s]/g, '_')
  return ALIASES.get(spelled) ?? spelled
}

/** What a metric of the vocabulary is computed from; undefined for every other name. */
export const kindOf = (metric: string): MetricKind | undefined => VOCABULARY.get(canonicalMetric(metric))?.kind

/** Whether more of a metric is better; undefined when only its author knows. */
export const directionOf = (metric: string): Direction | undefined => {
  const name = canonicalMetric(metric)
  return VOCABULARY.get(name)?.better ?? (LOSSES.has(name) ? 'lower' : undefined)
}
