import type { Confusion } from '@mlops/core'

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** Each cell as a share of the rows of its truth; 0 for a class that never occurs. */
export const shares = ({ counts }: Confusion): readonly (readonly number[])[] =>
  counts.map((row) => {
    const rows = sum(row)
    return row.map((cell) => (rows === 0 ? 0 : cell / rows))
  })

/** A cell off the diagonal. */
export interface Mistake {
  readonly truth: string
  readonly predicted: string
  readonly count: number
  /** Of the rows of that truth. */
  readonly share: number
}

const MOST_MISTAKES = 20

/** The mistakes that were made most often, most frequent first. */
export const worstMistakes = (confusion: Confusion): readonly Mistake[] => {
  const byRow = shares(confusion)
  return confusion.counts
    .flatMap((row, truth) =>
      row.flatMap((count, predicted) =>
        truth === predicted || count === 0
          ? []
          : [
              {
                truth: confusion.labels[truth] ?? '',
                predicted: confusion.labels[predicted] ?? '',
                count,
                share: byRow[truth]?.[predicted] ?? 0,
              },
            ],
      ),
    )
    .toSorted((one, other) => other.count - one.count)
    .slice(0, MOST_MISTAKES)
}
