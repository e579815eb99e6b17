/** An element of a page, as far as tests look at it. */
export interface Element {
  readonly tag: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  /** Of this element and all below it, with entities as written. */
  readonly text: string
}

interface Open {
  readonly tag: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Element[]
  text: string
}

const VOID = new Set(['meta', 'img'])
const TOKEN = /<!doctype html>|<style>[^<]*<\/style>|<(\/?)([a-z][a-z0-9]*)((?: [\w:-]+="[^"<>]*")*)>|[^<>]+|[\s\S]/g

const attributesOf = (text: string) =>
  Object.fromEntries([...text.matchAll(/ ([\w:-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))

/**
 * Reads a page strictly: every tag is closed in its order, every attribute is quoted, and a character that could begin
 * anything else stands as an entity. Throws at the first place that is not so.
 */
export const readHtml = (html: string): Element => {
  const open: Open[] = [{ tag: '', attributes: {}, children: [], text: '' }]
  const top = () => open.at(-1) as Open
  const close = () => {
    const { tag, attributes, children, text } = open.pop() as Open
    top().children.push({ tag, attributes, children, text })
    top().text += text
  }
  for (const match of html.matchAll(TOKEN)) {
    const [token, slash, tag = '', attributes = ''] = match
    if (token === '<!doctype html>' || token.startsWith('<style>')) continue
    if (slash === undefined) {
      if (/^[<>]$/.test(token)) throw new Error(`a bare ${token} at ${html.slice(match.index - 40, match.index + 40)}`)
      top().text += token
    } else if (slash === '/') {
      if (top().tag !== tag) throw new Error(`</${tag}> closes <${top().tag}>`)
      close()
    } else {
      open.push({ tag, attributes: attributesOf(attributes), children: [], text: '' })
      if (VOID.has(tag)) close()
    }
  }
  const [root, ...others] = open[0]?.children ?? []
  if (open.length !== 1 || root === undefined || others.length > 0)
    throw new Error('the page is not one closed element')
  return root
}

/** The element and all below it, in order. */
export const all = (element: Element): readonly Element[] => [element, ...element.children.flatMap(all)]

export const byTag = (element: Element, tag: string): readonly Element[] =>
  all(element).filter((found) => found.tag === tag)

export const byClass = (element: Element, name: string): readonly Element[] =>
  all(element).filter(({ attributes }) => (attributes['class'] ?? '').split(' ').includes(name))

export const byId = (element: Element, id: string): Element | undefined =>
  all(element).find(({ attributes }) => attributes['id'] === id)
