/** On-demand price of an instance hour by instance type, in the user's own currency. */
export type PricePerHour = Readonly<Record<string, number>>

export interface Machines {
  readonly instanceType: string
  readonly instanceCount: number
}

/** What `seconds` on these machines cost; undefined when the price is not known. */
export const costOf = (
  seconds: number,
  { instanceType, instanceCount }: Machines,
  prices: PricePerHour,
): number | undefined => {
  const price = prices[instanceType]
  return price === undefined ? undefined : (seconds / 3600) * instanceCount * price
}

/** Percent of the training time that was not billed; undefined when nothing was trained. */
export const spotSaving = (
  trainingSeconds: number | undefined,
  billableSeconds: number | undefined,
): number | undefined =>
  trainingSeconds === undefined || billableSeconds === undefined || trainingSeconds <= 0
    ? undefined
    : Math.max(0, Math.round((1 - billableSeconds / trainingSeconds) * 1000) / 10)

export const money = (amount: number): string => amount.toFixed(amount < 1 ? 4 : 2)
