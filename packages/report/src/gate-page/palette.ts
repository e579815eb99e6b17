import type { RuleResult } from '@mlops/core'

/** How strongly a cell of a heat map is filled, lightest first in the light theme. */
interface Shade {
  readonly fill: string
  readonly ink: string
}

export interface Theme {
  readonly ground: string
  readonly panel: string
  readonly ink: string
  readonly quiet: string
  readonly line: string
  readonly link: string
  readonly candidate: string
  readonly champion: string
  /** Where an interval may lie. */
  readonly allowed: string
  readonly results: Readonly<Record<RuleResult['result'], { readonly ink: string; readonly ground: string }>>
  readonly shades: readonly Shade[]
}

// Teal, red and ochre stay apart under every common colour blindness, and each has a mark and a word of its own.
export const LIGHT: Theme = {
  ground: '#ffffff',
  panel: '#f5f7f9',
  ink: '#17202a',
  quiet: '#52606d',
  line: '#d5dbe1',
  link: '#0a58a6',
  candidate: '#0b5fb0',
  champion: '#7a8794',
  allowed: '#dcefed',
  results: {
    approve: { ink: '#00625c', ground: '#e0f2f0' },
    reject: { ink: '#850f00', ground: '#fdebe4' },
    inconclusive: { ink: '#946300', ground: '#fdf3d8' },
    skipped: { ink: '#52606d', ground: '#eef1f4' },
  },
  shades: [
    { fill: '#f2f6fa', ink: '#17202a' },
    { fill: '#dde9f4', ink: '#17202a' },
    { fill: '#c2d9ee', ink: '#17202a' },
    { fill: '#a0c4e6', ink: '#17202a' },
    { fill: '#78aadb', ink: '#17202a' },
    { fill: '#2f74b8', ink: '#ffffff' },
    { fill: '#1d5c9c', ink: '#ffffff' },
    { fill: '#0d4279', ink: '#ffffff' },
  ],
}

export const DARK: Theme = {
  ground: '#10161d',
  panel: '#19212b',
  ink: '#e8ecf1',
  quiet: '#a7b3c0',
  line: '#33404d',
  link: '#7cb8f5',
  candidate: '#5aa5f0',
  champion: '#8894a1',
  allowed: '#173a3a',
  results: {
    approve: { ink: '#6fd3ca', ground: '#12302f' },
    reject: { ink: '#ff9d78', ground: '#3d2017' },
    inconclusive: { ink: '#f0c75e', ground: '#362c12' },
    skipped: { ink: '#a7b3c0', ground: '#232d38' },
  },
  shades: [
    { fill: '#19222d', ink: '#e8ecf1' },
    { fill: '#1c2f43', ink: '#e8ecf1' },
    { fill: '#1f3e5c', ink: '#e8ecf1' },
    { fill: '#224e78', ink: '#e8ecf1' },
    { fill: '#265f95', ink: '#ffffff' },
    { fill: '#5d9bd6', ink: '#10161d' },
    { fill: '#82b6e6', ink: '#10161d' },
    { fill: '#abd1f3', ink: '#10161d' },
  ],
}

/** The colours as CSS variables. */
export const variables = (theme: Theme): string =>
  [
    ...(['ground', 'panel', 'ink', 'quiet', 'line', 'link', 'candidate', 'champion', 'allowed'] as const).map(
      (name) => `--${name}:${theme[name]}`,
    ),
    ...Object.entries(theme.results).flatMap(([result, { ink, ground }]) => [
      `--${result}:${ink}`,
      `--${result}-ground:${ground}`,
    ]),
    ...theme.shades.flatMap(({ fill, ink }, index) => [`--shade-${index}:${fill}`, `--shade-ink-${index}:${ink}`]),
  ].join(';')
