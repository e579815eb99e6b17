/** As many as the API server's priority levels let one caller have without waiting. */
const AT_ONCE = 8

/** Works on all items, a few at the same time; the results are in the order of the items. */
export const atOnce = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> => {
  const results: R[] = []
  for (let start = 0; start < items.length; start += AT_ONCE)
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))))
  return results
}
