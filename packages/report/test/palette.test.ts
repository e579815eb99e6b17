import { expect, test } from '@jest/globals'
import { DARK, LIGHT, type Theme } from '../src/gate-page/palette.ts'

/** Relative luminance and contrast: WCAG 2.2, section 1.4.3 and its definitions. */
const luminance = (colour: string) => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const contrast = (one: string, other: string) => {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

const TEXT = 4.5
const GRAPHICS = 3

const results = (theme: Theme) => Object.values(theme.results)

test.each([
  ['light', LIGHT],
  ['dark', DARK],
])('text of the %s theme can be read', (_, theme) => {
  const pairs = [
    ...[theme.ink, theme.quiet].flatMap((ink) => [theme.ground, theme.panel].map((ground) => [ink, ground] as const)),
    ...[theme.ground, theme.panel].map((ground) => [theme.link, ground] as const),
    ...results(theme).flatMap(({ ink, ground }) => [
      [ink, ground] as const,
      [ink, theme.ground] as const,
      [theme.ink, ground] as const,
    ]),
    ...theme.shades.map(({ fill, ink }) => [ink, fill] as const),
  ]
  for (const [ink, ground] of pairs) expect([ink, ground, contrast(ink, ground) >= TEXT]).toEqual([ink, ground, true])
})

test.each([
  ['light', LIGHT],
  ['dark', DARK],
])('marks of the %s theme can be seen', (_, theme) => {
  const marks = [theme.candidate, theme.champion, theme.ink, theme.quiet, ...results(theme).map(({ ink }) => ink)]
  for (const mark of marks)
    expect([mark, contrast(mark, theme.ground) >= GRAPHICS, contrast(mark, theme.allowed) >= GRAPHICS]).toEqual([
      mark,
      true,
      true,
    ])
})

test('a heat map gets stronger with every shade', () => {
  const steps = (theme: Theme) => theme.shades.map(({ fill }) => contrast(fill, theme.ground))
  for (const theme of [LIGHT, DARK]) expect(steps(theme)).toEqual(steps(theme).toSorted((one, other) => one - other))
})
