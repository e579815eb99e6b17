import { type Attributes, type Child, el, type Html } from './html.ts'

// On a phone a row becomes a block, and its parts would lose their meaning without a role.
export const column = (title: string, kind?: string, ...more: readonly Html[]): Html =>
  el('th', { scope: 'col', role: 'columnheader', class: kind }, title, ...more)

export const rowHead = (title: string, kind?: string): Html =>
  el('th', { scope: 'row', role: 'rowheader', class: kind }, title)

export const cell = (attributes: Attributes, ...children: readonly Child[]): Html =>
  el('td', { role: 'cell', ...attributes }, ...children)

export const row = (...cells: readonly Child[]): Html => el('tr', { role: 'row' }, ...cells)

/** A table that a phone shows as a stack of blocks. */
export const table = (caption: string, columns: readonly Child[], rows: readonly Html[]): Html =>
  el(
    'table',
    { class: 'stack', role: 'table' },
    el('caption', {}, caption),
    el('thead', {}, row(...columns)),
    el('tbody', {}, ...rows),
  )
