import { kindOf } from '../metrics/vocabulary.ts'
import type { ReadPlan } from './evidence.ts'
import type { Gate, Slice } from './gate.ts'

/** Enough for a t interval that is as good as the normal one, and few enough to keep sums for each slice. */
const JACKKNIFE_BUCKETS = 1000

/** How a slice is called in sentences; slices with the same name are the same. */
export const sliceName = (slice: Slice): string => (slice.kind === 'each' ? `each ${slice.column}` : slice.text)

/** What the readers have to keep of the predictions, so that every rule of the gate can be judged. */
export const readPlan = ({ rules }: Gate): ReadPlan => {
  const asksFor = (kind: 'probability' | 'rank') => rules.some(({ metric }) => kindOf(metric) === kind)
  const slices = new Map(rules.flatMap((rule) => rule.slices).map((slice) => [sliceName(slice), slice]))
  return {
    slices: [...slices.values()],
    probabilities: asksFor('probability'),
    scores: asksFor('rank'),
    buckets: JACKKNIFE_BUCKETS,
  }
}
