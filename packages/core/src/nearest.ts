/** Edits (insert, delete, replace, swap neighbours) from one word to another: optimal string alignment. */
const distance = (one: string, other: string): number => {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)]
  for (let row = 1; row <= one.length; row += 1) {
    const [before, swapped] = [rows[row - 1] ?? [], rows[row - 2] ?? []]
    const current = [row]
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1]
      const isSwap = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      current[column] = Math.min(
        (before[column] ?? Infinity) + 1,
        (current[column - 1] ?? Infinity) + 1,
        (before[column - 1] ?? Infinity) + (same ? 0 : 1),
        isSwap ? (swapped[column - 2] ?? Infinity) + 1 : Infinity,
      )
    }
    rows.push(current)
  }
  return rows.at(-1)?.at(-1) ?? Infinity
}

/** The name that was probably meant: the closest one within a third of the word's length; the first of equally close. */
export const nearest = (word: string, names: readonly string[]): string | undefined => {
  const limit = Math.max(1, Math.floor(word.length / 3))
  const ranked = names
    .map((name) => ({ name, away: distance(word.toLowerCase(), name.toLowerCase()) }))
    .toSorted((one, other) => one.away - other.away)
  return ranked.find(({ away }) => away <= limit)?.name
}
