import { deflateSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import type { GateReport } from '@mlops/core'
import fc from 'fast-check'
// By its path: a package that testing depends on cannot depend on testing.
import { gateReports, rewritten, withSlices } from '../../testing/src/fixtures/gate-reports.ts'
import { gatePage } from '../src/index.ts'
import { hostileText } from './hostile-text.ts'
import { all, byClass, byId, byTag, type Element, readHtml } from './html-reader.ts'

const SUITE = 'https://github.com/mlops-actions/mlops-actions'
const pageOf = (report: GateReport, plots: Parameters<typeof gatePage>[1]['plots'] = []) =>
  readHtml(gatePage(report, { plots, suiteUrl: SUITE }))

const section = (page: Element, id: string): Element => {
  const found = byId(page, id)
  if (found === undefined) throw new Error(`there is no section ${id}`)
  return found
}

const rowsIn = (element: Element) => byTag(element, 'tbody').flatMap(({ children }) => children)

describe.each(Object.entries({ ...gateReports, sliced: withSlices(gateReports.reject, 60) }))(
  'the page of %s',
  (_, report) => {
    const html = gatePage(report, { suiteUrl: SUITE })
    const page = readHtml(html)

    test('says the verdict in its only first heading', () => {
      expect(byTag(page, 'h1').map(({ text }) => text.replaceAll('&#39;', "'"))).toEqual([report.sentence])
    })

    test('loads nothing', () => {
      const loading = all(page).filter(({ tag }) => ['script', 'link', 'iframe', 'object', 'base'].includes(tag))
      expect(loading).toEqual([])
      expect(byTag(page, 'img')).toEqual([])
      expect(html).not.toMatch(/url\(|@import/)
      const policy = byTag(page, 'meta').find(({ attributes }) => 'http-equiv' in attributes)
      expect(policy?.attributes['content']).toContain('default-src &#39;none&#39;')
    })

    test('can be read aloud: levels of headings, captions, scopes, titles', () => {
      const levels = all(page).flatMap(({ tag }) => (/^h[1-6]$/.test(tag) ? [Number(tag[1])] : []))
      levels.forEach((level, index) => expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1))
      for (const table of byTag(page, 'table')) expect(table.children[0]?.tag).toBe('caption')
      for (const { attributes } of byTag(page, 'th')) expect(['row', 'col']).toContain(attributes['scope'])
      const pictures = byTag(page, 'svg').filter(({ attributes }) => attributes['role'] === 'img')
      for (const { children } of pictures) expect(children.slice(0, 2).map(({ tag }) => tag)).toEqual(['title', 'desc'])
      const hidden = byTag(page, 'svg').filter(({ attributes }) => attributes['aria-hidden'] === 'true')
      const nested = byTag(page, 'svg').flatMap(({ children }) => children.filter(({ tag }) => tag === 'svg'))
      expect(pictures.length + hidden.length + nested.length).toBe(byTag(page, 'svg').length)
    })

    test('has a target for each of its own links, and each id once', () => {
      const ids = all(page).flatMap(({ attributes }) => attributes['id'] ?? [])
      expect(new Set(ids).size).toBe(ids.length)
      const targets = byTag(page, 'a').flatMap(({ attributes }) => /^#(.+)$/.exec(attributes['href'] ?? '')?.[1] ?? [])
      expect(targets.length).toBeGreaterThan(4)
      for (const target of targets) expect(ids).toContain(target)
    })

    test('leads from each interval to its formula, its source and the documentation', () => {
      const methods = new Set(report.rules.flatMap(({ interval }) => interval?.method ?? []))
      for (const method of methods) {
        const anchor = method.toLowerCase().replaceAll(' ', '-')
        const entry = section(page, anchor)
        expect(byClass(entry, 'formula').length).toBeGreaterThan(0)
        for (const formula of byClass(entry, 'formula')) expect(formula.text).not.toMatch(/[_{}]/)
        expect(byClass(entry, 'source')[0]?.text).toMatch(/\d{4}/)
        const links = byTag(entry, 'a').map(({ attributes }) => attributes['href'])
        expect(links).toContain(`${SUITE}/blob/main/docs/statistics.md#${anchor}`)
      }
    })

    test('has a row for each metric and an item for each rule', () => {
      expect(rowsIn(section(page, 'metrics'))).toHaveLength(report.metrics.length)
      const sliced = new Set(report.rules.flatMap(({ slice, rule }) => (slice === undefined ? [] : [rule])))
      const whole = report.rules.filter(({ slice }) => slice === undefined)
      expect(byClass(page, 'rules')[0]?.children).toHaveLength(whole.length + sliced.size)
    })

    test('shows every digest', () => {
      const provenance = section(page, 'provenance').text
      for (const digest of [report.model?.digest, report.gate.digest, report.predictions?.digest])
        expect(provenance).toContain(digest)
    })
  },
)

const percentages = (plot: Element | undefined, kind: string, attribute: string) =>
  plot === undefined ? [] : byClass(plot, kind).map(({ attributes }) => Number.parseFloat(attributes[attribute] ?? ''))

const plotOf = (report: GateReport, metric: string) => {
  const row = rowsIn(section(pageOf(report), 'metrics')).find(({ children }) => children[0]?.text === metric)
  return byClass(row ?? section(pageOf(report), 'metrics'), 'interval')[0]
}

describe('the plot of an interval', () => {
  test('has limit, zero, lower bound, dot and upper bound in the order of their numbers', () => {
    const plot = plotOf(gateReports.approve, 'f1_macro')
    const [limit = 0] = percentages(plot, 'limit', 'x1')
    const [zero = 0] = percentages(plot, 'zero', 'x1')
    const [lower = 0] = percentages(plot, 'whisker', 'x1')
    const [upper = 0] = percentages(plot, 'whisker', 'x2')
    const [dot = 0] = percentages(plot, 'dot', 'cx')
    expect([0, limit, zero, lower, dot, upper, 100]).toEqual(
      [0, limit, zero, lower, dot, upper, 100].toSorted((one, other) => one - other),
    )
    expect(percentages(plot, 'ok', 'x')).toEqual([limit])
    expect((percentages(plot, 'ok', 'width')[0] ?? 0) + limit).toBeCloseTo(100)
  })

  test('is to scale', () => {
    const { delta = 0, interval } = gateReports.approve.metrics[1] ?? {}
    const plot = plotOf(gateReports.approve, 'f1_macro')
    const [limit = 0] = percentages(plot, 'limit', 'x1')
    const [zero = 0] = percentages(plot, 'zero', 'x1')
    const at = (value: number) => zero + (value / 0.01) * (zero - limit)
    expect(percentages(plot, 'dot', 'cx')[0]).toBeCloseTo(at(delta), 0)
    expect(percentages(plot, 'whisker', 'x1')[0]).toBeCloseTo(at(interval?.lower ?? 0), 0)
  })

  test('allows what lies below when less is better', () => {
    const plot = plotOf(gateReports.regression, 'rmse')
    expect(percentages(plot, 'ok', 'x')).toEqual([0])
    expect(percentages(plot, 'ok', 'width')).toEqual(percentages(plot, 'limit', 'x1'))
    expect(percentages(plot, 'whisker', 'x1')).toEqual([])
  })

  test('of a metric without a rule about its delta allows nothing and everything', () => {
    const plot = plotOf(gateReports.approve, 'accuracy')
    expect(percentages(plot, 'ok', 'x')).toEqual([])
    expect(percentages(plot, 'dot', 'cx')).toHaveLength(1)
  })

  test('of a first model is about the value', () => {
    const plot = plotOf(gateReports.firstModel, 'accuracy')
    expect(percentages(plot, 'zero', 'x1')).toEqual([])
    expect(percentages(plot, 'limit', 'x1')).toHaveLength(1)
  })

  test('is left out for a value that is no number', () => {
    const metrics = [{ metric: 'f1_macro', candidate: Number.NaN, champion: 0.7, delta: Number.NaN }]
    expect(byClass(section(pageOf({ ...gateReports.reject, metrics }), 'metrics'), 'plot').length).toBeGreaterThan(0)
    expect(plotOf({ ...gateReports.reject, metrics }, 'f1_macro')).toBeUndefined()
  })
})

test('a thousand slices are all there, on one scale, twenty of them open', () => {
  const html = gatePage(withSlices(gateReports.reject, 1000), { suiteUrl: SUITE })
  const slices = section(readHtml(html), 'slices')
  expect(rowsIn(slices)).toHaveLength(1000)
  expect(byTag(slices, 'details').flatMap(rowsIn)).toHaveLength(980)
  const limits = byClass(slices, 'limit').map(({ attributes }) => attributes['x1'])
  expect(new Set(limits).size).toBe(1)
  expect(Buffer.byteLength(html)).toBeLessThan(2_000_000)
})

test('classes have a bar for each model and score', () => {
  const bars = byClass(section(pageOf(gateReports.approve), 'classes'), 'track')
  expect(bars).toHaveLength(3 * 3 * 2)
  const alone = byClass(section(pageOf(gateReports.firstModel), 'classes'), 'track')
  expect(alone).toHaveLength(3 * 3)
})

test('a confusion matrix has a cell for each pair of classes, shaded by its share', () => {
  const [candidate] = byClass(section(pageOf(gateReports.approve), 'confusion'), 'map')
  const cells = byClass(candidate ?? section(pageOf(gateReports.approve), 'confusion'), 'cell')
  expect(cells).toHaveLength(9)
  // 0.656, 0.003, 0.341 of the first class.
  expect(cells.slice(0, 3).map(({ attributes }) => attributes['class'])).toEqual(['cell s5', 'cell s0', 'cell s2'])
})

test('more classes than a picture can show become a list of mistakes', () => {
  const labels = Array.from({ length: 21 }, (_, index) => `class ${index}`)
  const counts = labels.map((_, row) => labels.map((__, column) => (row === column ? 9 : row * column)))
  const confusion = section(pageOf({ ...gateReports.firstModel, confusion: { labels, counts } }), 'confusion')
  expect(byClass(confusion, 'map')).toEqual([])
  expect(rowsIn(confusion)).toHaveLength(20)
})

const pngOf = (width: number, height: number, bytes = 0) => {
  const header = Buffer.alloc(25)
  header.writeUInt32BE(13, 0)
  header.write('IHDR', 4)
  header.writeUInt32BE(width, 8)
  header.writeUInt32BE(height, 12)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, header, deflateSync(Buffer.alloc(10)), Buffer.alloc(bytes)])
}

test('pictures of the training job stand in the page, with their size', () => {
  const png = pngOf(640, 480)
  const page = pageOf(gateReports.regression, [{ name: 'residuals.png', png }])
  expect(byTag(page, 'img').map(({ attributes }) => attributes)).toEqual([
    {
      src: `data:image/png;base64,${png.toString('base64')}`,
      alt: 'Picture of the training job: residuals.png',
      width: '640',
      height: '480',
    },
  ])
})

test('a picture that is too large, one too many or no PNG is named and not shown', () => {
  const large = { name: 'large', png: pngOf(1, 1, 1024 * 1024) }
  const many = Array.from({ length: 8 }, (_, index) => ({ name: `many ${index}`, png: pngOf(1, 1, 1000 * 1024) }))
  const other = { name: 'other', png: Buffer.from('<svg onload="alert(1)"/>'.padEnd(100)) }
  const pictures = section(pageOf(gateReports.regression, [large, other, ...many]), 'pictures')
  expect(byTag(pictures, 'img')).toHaveLength(6)
  expect(byClass(pictures, 'lead')[0]?.text).toMatch(/: large, other, many 6, many 7$/)
})

const shape = (element: Element): unknown => [element.tag, Object.keys(element.attributes), element.children.map(shape)]

test('no text changes the structure of a page', () => {
  const sliced = withSlices(gateReports.reject, 3)
  const shaped = (text: string) => {
    const report = rewritten(sliced, () => text)
    const url = `https://github.com/${text.replaceAll(/\s/gu, '')}`
    return shape(pageOf({ ...report, run: { ...report.run, url } }, [{ name: text, png: pngOf(1, 1) }]))
  }
  const plain = shaped('name')
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(shaped(text)).toEqual(plain)
    }),
    { numRuns: 60 },
  )
})

test.each(['javascript:alert(1)', 'data:text/html,x', '//e.example'])('%s is no link', (url) => {
  const page = pageOf({ ...gateReports.approve, run: { ...gateReports.approve.run, url } })
  expect(byTag(page, 'a').map(({ attributes }) => attributes['href'])).not.toContain(url)
})

test('names of any length keep the page small', () => {
  const html = gatePage(
    rewritten(gateReports.reject, () => 'x'.repeat(1e5)),
    { suiteUrl: SUITE },
  )
  expect(Buffer.byteLength(html)).toBeLessThan(200_000)
})
