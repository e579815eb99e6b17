/** Markup that was built by `el`, so that every text in it is escaped. */
export interface Html {
  readonly html: string
}

export type Child = Html | string | undefined | readonly Child[]
export type Attributes = Readonly<Record<string, string | number | undefined>>

/** Control characters that HTML forbids, and the marks that turn the direction of writing. */
const UNSEEN = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string) =>
  text
    .toWellFormed()
    .replaceAll(UNSEEN, '\uFFFD')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

const isHtml = (child: Html | readonly Child[]): child is Html => 'html' in child

const rendered = (child: Child): string => {
  if (child === undefined) return ''
  if (typeof child === 'string') return escaped(child)
  return isHtml(child) ? child.html : child.map(rendered).join('')
}

const VOID: ReadonlySet<string> = new Set(['meta', 'img'])

/** An element; attributes that are undefined are left out, texts are escaped. */
export const el = (tag: string, attributes: Attributes, ...children: readonly Child[]): Html => {
  const written = Object.entries(attributes)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escaped(String(value))}"`))
    .join('')
  return { html: VOID.has(tag) ? `<${tag}${written}>` : `<${tag}${written}>${rendered(children)}</${tag}>` }
}

/** A link, or the text alone when the address is not one of the web. */
export const link = (href: string, ...children: readonly Child[]): Child =>
  /^https?:\/\//.test(href) ? el('a', { href }, ...children) : children

/** The anchor that GitHub gives to a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')

/** Coordinates with so many digits as a screen can show. */
export const px = (value: number): number => Number(value.toFixed(2))
