import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { championKey, healthKey, type ModelPackage, UNHEALTHY } from '../../src/registry/package.ts'
import {
  consider,
  isDecided,
  isSelectable,
  parseSelector,
  parseSelectors,
  selected,
  type Selector,
  startSelection,
} from '../../src/registry/selectors.ts'
import { packageOf } from './packages.ts'

/** The version that a list of selectors finds in packages, given from the oldest to the newest, and by which of them. */
const find = (text: string, packages: readonly ModelPackage[], environment = 'prod') => {
  const selection = packages
    .toReversed()
    .reduce(
      (so, candidate) => (isDecided(so) ? so : consider(so, candidate)),
      startSelection(parseSelectors(text) ?? [], environment),
    )
  const found = selected(selection)
  return found === undefined ? undefined : [found.selector.kind, found.package.version]
}

const champion = { [championKey('prod')]: '2026-01-31T00:00:00Z' }
const unhealthy = { [healthKey('prod')]: UNHEALTHY }

test.each([
  ['champion', { kind: 'champion' }],
  ['latest-approved', { kind: 'latest-approved' }],
  ['12', { kind: 'version', version: 12 }],
  ['0', undefined],
  ['v12', undefined],
  ['newest', undefined],
  ['', undefined],
])('%j is read as %j', (text, selector) => {
  expect(parseSelector(text)).toEqual(selector)
})

test('a list has no holes', () => {
  expect(parseSelectors('champion, latest-approved')).toEqual([{ kind: 'champion' }, { kind: 'latest-approved' }])
  expect(parseSelectors('champion,,3')).toBeUndefined()
  expect(parseSelectors('')).toBeUndefined()
})

describe('what is found', () => {
  const three = [packageOf(1), packageOf(2), packageOf(3)]
  test.each([
    ['latest-approved', three, ['latest-approved', 3]],
    ['previous-approved', three, ['previous-approved', 2]],
    ['2', three, ['version', 2]],
    ['4', three, undefined],
    ['champion', three, undefined],
    ['champion, latest-approved', three, ['latest-approved', 3]],
    ['champion', [packageOf(1, { metadata: champion }), packageOf(2)], ['champion', 1]],
    ['latest-approved, champion', [packageOf(1, { metadata: champion }), packageOf(2)], ['latest-approved', 2]],
    // Moved by adding first and removing then: who reads in between takes the newest.
    ['champion', [packageOf(1, { metadata: champion }), packageOf(2, { metadata: champion })], ['champion', 2]],
    ['previous-approved', [packageOf(1)], undefined],
    [
      'latest-approved',
      [packageOf(1), packageOf(2, { approvalStatus: 'PendingManualApproval' })],
      ['latest-approved', 1],
    ],
    ['2', [packageOf(1), packageOf(2, { approvalStatus: 'PendingManualApproval' })], ['version', 2]],
    ['latest-approved', [packageOf(1), packageOf(2, { metadata: unhealthy })], ['latest-approved', 1]],
    [
      'previous-approved',
      [packageOf(1), packageOf(2, { metadata: unhealthy }), packageOf(3)],
      ['previous-approved', 1],
    ],
    ['2', [packageOf(2, { approvalStatus: 'Rejected' })], undefined],
    ['latest-approved', [packageOf(1), packageOf(2, { status: 'InProgress' })], ['latest-approved', 1]],
  ])('%s', (text, packages, expected) => {
    expect(find(text, packages)).toEqual(expected)
  })

  test('champion and health are those of one environment', () => {
    const packages = [packageOf(1), packageOf(2, { metadata: { ...champion, ...unhealthy } })]
    expect(find('latest-approved', packages, 'staging')).toEqual(['latest-approved', 2])
    expect(find('champion', packages, 'staging')).toBeUndefined()
    expect(find('champion', packages, 'prod')).toBeUndefined()
  })
})

const anyPackage = fc
  .record({
    approvalStatus: fc.constantFrom<ModelPackage['approvalStatus']>('Approved', 'Rejected', 'PendingManualApproval'),
    status: fc.constantFrom<ModelPackage['status']>('Completed', 'InProgress', 'Failed'),
    metadata: fc.constantFrom<ModelPackage['metadata']>({}, champion, unhealthy, { ...champion, ...unhealthy }),
  })
  .map((facts) => (version: number) => packageOf(version, facts))
const anySelector = fc.constantFrom('champion', 'latest-approved', 'previous-approved', '1', '2', '3')

test('whatever is asked for, nothing rejected, unfinished or unhealthy is ever found', () => {
  fc.assert(
    fc.property(fc.array(anyPackage), fc.array(anySelector, { minLength: 1, maxLength: 3 }), (makers, selectors) => {
      const packages = makers.map((make, index) => make(index + 1))
      const version = find(selectors.join(','), packages)?.[1]
      if (version === undefined) return
      const found = packages[Number(version) - 1]
      expect(found).toMatchObject({ status: 'Completed', approvalStatus: expect.not.stringMatching('Rejected') })
      expect(found?.metadata).not.toHaveProperty([healthKey('prod')])
    }),
  )
})

test('a list finds what the first of its selectors finds that finds anything', () => {
  fc.assert(
    fc.property(fc.array(anyPackage), fc.array(anySelector, { minLength: 1, maxLength: 3 }), (makers, selectors) => {
      const packages = makers.map((make, index) => make(index + 1))
      const alone = selectors.map((selector) => find(selector, packages)).find((found) => found !== undefined)
      expect(find(selectors.join(','), packages)).toEqual(alone)
    }),
  )
})

test('a list tells enough to pass over what would not be selected', () => {
  fc.assert(
    fc.property(anyPackage, anySelector, (make, text) => {
      const candidate = make(1)
      const selector = parseSelector(text) as Selector
      const found = selected(consider(startSelection([selector], 'prod'), candidate))
      expect(found === undefined || isSelectable(candidate)).toBe(true)
    }),
  )
})
