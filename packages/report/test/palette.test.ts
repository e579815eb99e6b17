import { expect, test } from '@jest/globals'
import { DARK, LIGHT, type Theme } from '../src/gate-page/palette.ts'

type Triple = readonly [number, number, number]
const scale = (vector: Triple, by: (value: number, index: number) => number) => vector.map(by) as unknown as Triple
const dot = (one: Triple, other: Triple) => one[0] * other[0] + one[1] * other[1] + one[2] * other[2]

/** Relative luminance and contrast: WCAG 2.2, section 1.4.3 and its definitions. */
const linear = (colour: string) =>
  [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as unknown as Triple

const luminance = (colour: string) => dot([0.2126, 0.7152, 0.0722], linear(colour))

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

/** Machado, Oliveira and Fernandes, A physiologically-based model for simulation of color vision deficiency (2009), severity 1. */
const VISIONS: Readonly<Record<string, readonly [Triple, Triple, Triple]>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
}

/** CIE L*a*b* of a linear colour, D65. */
const lab = (colour: Triple): Triple => {
  const shares: Triple = [
    dot([0.4124, 0.3576, 0.1805], colour) / 0.9505,
    dot([0.2126, 0.7152, 0.0722], colour),
    dot([0.0193, 0.1192, 0.9505], colour) / 1.089,
  ]
  const [x, y, z] = scale(shares, (share) => (share > 0.008856 ? Math.cbrt(share) : 7.787 * share + 16 / 116))
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

const seen = (colour: string, vision: readonly [Triple, Triple, Triple]): Triple =>
  lab(scale([0, 1, 2], (row) => Math.min(1, Math.max(0, dot(vision[row] ?? [0, 0, 0], linear(colour))))))

/** Colours that differ by less are taken for each other in small marks. */
const APART = 19

test.each(Object.entries(VISIONS))('results and models stay apart with %s vision', (_, vision) => {
  for (const { results: of, candidate, champion } of [LIGHT, DARK]) {
    const pairs = [
      [of.approve.ink, of.reject.ink],
      [of.approve.ink, of.inconclusive.ink],
      [of.reject.ink, of.inconclusive.ink],
      [candidate, champion],
    ] as const
    for (const [one, other] of pairs) {
      const distance = Math.hypot(
        ...scale(seen(one, vision), (value, index) => value - (seen(other, vision)[index] ?? 0)),
      )
      expect([one, other, distance >= APART]).toEqual([one, other, true])
    }
  }
})

test('a heat map gets stronger with every shade', () => {
  const steps = (theme: Theme) => theme.shades.map(({ fill }) => contrast(fill, theme.ground))
  for (const theme of [LIGHT, DARK]) expect(steps(theme)).toEqual(steps(theme).toSorted((one, other) => one - other))
})
