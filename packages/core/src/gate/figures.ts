const LEAST_DECIMALS = 4
const MOST_DECIMALS = 17

const shown = (value: number, decimals: number): string => {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size >= 1000) return value.toLocaleString('en-US', { maximumFractionDigits: Math.max(0, decimals - 2) })
  return size > 0 && size < 0.001 ? value.toPrecision(Math.max(3, decimals - 1)) : value.toFixed(decimals)
}

/** Numbers as people read them, with as many digits as it takes that different numbers do not look the same. */
export const figures = (...values: readonly number[]): readonly string[] => {
  const different = new Set(values).size
  for (let decimals = LEAST_DECIMALS; decimals < MOST_DECIMALS; decimals += 1) {
    const texts = values.map((value) => shown(value, decimals))
    if (new Set(texts).size === different) return texts
  }
  return values.map(String)
}

export const figure = (value: number): string => shown(value, LEAST_DECIMALS)

/** A difference with its sign. */
export const signed = (text: string): string => (/^[-N]/.test(text) ? text : `+${text}`)

export const countText = (count: number): string => count.toLocaleString('en-US')

/** `about 5,400`: a calculated need is not known to the row. */
export const about = (count: number): string => {
  const step = 10 ** Math.max(0, Math.ceil(Math.log10(count)) - 2)
  return `about ${countText(Math.ceil(count / step) * step)}`
}

/** `2 rules`, `1 rule`. */
export const plural = (count: number, noun: string): string => `${countText(count)} ${noun}${count === 1 ? '' : 's'}`

/** A confidence as people say it: `95 %`. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(6))} %`
