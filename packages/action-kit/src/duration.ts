import { seconds, type Seconds } from '@mlops/core'

const UNITS = { d: 86_400, h: 3600, m: 60, s: 1 } as const
const FORM = /^(?:(?<d>\d+)d)?(?:(?<h>\d+)h)?(?:(?<m>\d+)m)?(?:(?<s>\d+)s)?$/

/** Reads `90s`, `15m`, `5h30m`, `1d`: units once each, largest first. Undefined when the text is anything else. */
export const parseDuration = (text: string): Seconds | undefined => {
  const groups = text === '' ? undefined : FORM.exec(text)?.groups
  if (groups === undefined) return undefined
  const total = Object.entries(UNITS).reduce((sum, [unit, size]) => sum + Number(groups[unit] ?? 0) * size, 0)
  return Number.isSafeInteger(total) ? seconds(total) : undefined
}

/** The shortest text that parseDuration reads back: `5h30m`, `0s`. */
export const formatDuration = (value: number): string => {
  let rest = Math.round(value)
  let text = ''
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text === '' ? '0s' : text
}
