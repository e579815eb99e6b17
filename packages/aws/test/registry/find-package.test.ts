import { describe, expect, test } from '@jest/globals'
import { METADATA, parseSelectors, type S3Uri } from '@mlops/core'
import { fakeRegistry, sleepingClock } from '@mlops/testing'
import { findPackage, findRegistered, newestVersions } from '../../src/registry/find-package.ts'

const ARTIFACT = 's3://models/model.tar.gz' as S3Uri

const group = () => {
  const fake = fakeRegistry({ clock: sleepingClock() })
  const asked: string[] = []
  const registry = {
    ...fake.registry,
    describe: (arn: Parameters<typeof fake.registry.describe>[0]) => {
      asked.push(arn.slice(arn.lastIndexOf('/') + 1))
      return fake.registry.describe(arn)
    },
  }
  const find = async (text: string) => {
    const found = await findPackage(registry, 'basket', parseSelectors(text) ?? [], 'prod')
    return found && [found.selector.kind, found.package.version]
  }
  return { ...fake, registry, asked, find }
}

describe('a package is found', () => {
  test('without asking about what a list rules out, nor about older ones than needed', async () => {
    const { put, find, asked } = group()
    put('basket', { approvalStatus: 'Approved' })
    put('basket', { approvalStatus: 'Approved', metadata: { 'champion:prod': 'yes' } })
    put('basket', { approvalStatus: 'Rejected' })
    put('basket', { approvalStatus: 'Approved', status: 'Failed' })
    put('basket')
    expect(await find('champion, latest-approved')).toEqual(['champion', 2])
    expect(asked).toEqual(['5', '2'])
  })
  test('by the second selector only after the first was looked for everywhere', async () => {
    const { put, find, asked } = group()
    put('basket', { approvalStatus: 'Approved' })
    put('basket', { approvalStatus: 'Approved' })
    expect(await find('champion, latest-approved')).toEqual(['latest-approved', 2])
    expect(asked).toEqual(['2', '1'])
  })
  test('or not, in a group that is empty or missing', async () => {
    expect(await group().find('latest-approved')).toBeUndefined()
  })
})

test('no more versions are listed than asked for', async () => {
  const { put, registry } = group()
  for (let count = 0; count < 5; count += 1) put('basket')
  expect((await newestVersions(registry, 'basket', 2)).map(({ version }) => version)).toEqual([5, 4])
  expect(await newestVersions(registry, 'basket', 9)).toHaveLength(5)
})

describe('an earlier registration', () => {
  const wanted = { artifact: ARTIFACT, key: 'key', artifactDigest: 'a', gateDigest: 'g' }
  const facts = (key: string, digest: string, gate: string) => ({
    [METADATA.runKey]: key,
    [METADATA.artifactDigest]: digest,
    [METADATA.gateDigest]: gate,
  })
  const findIn = async ({ registry }: ReturnType<typeof group>, more: Partial<typeof wanted> = {}) =>
    (await findRegistered(registry, await newestVersions(registry, 'basket', 100), { ...wanted, ...more }))?.version

  test.each([
    ['of this run', facts('key', 'b', 'h'), 1],
    ['of the same model by the same report', facts('other', 'a', 'g'), 1],
    ['of the same model by another report', facts('other', 'a', 'h'), undefined],
    ['of another model by the same report', facts('other', 'b', 'g'), undefined],
    ['that others have made', {}, undefined],
  ])('%s', async (_, metadata, version) => {
    const world = group()
    world.put('basket', { modelDataUrl: ARTIFACT, metadata })
    expect(await findIn(world)).toBe(version)
  })

  test('without a report is only that of this run', async () => {
    const world = group()
    world.put('basket', { modelDataUrl: ARTIFACT, metadata: { [METADATA.artifactDigest]: 'a' } })
    const { gateDigest: _, ...unjudged } = wanted
    const recent = await newestVersions(world.registry, 'basket', 100)
    expect(await findRegistered(world.registry, recent, unjudged)).toBeUndefined()
  })

  test('is looked for among the packages of this artifact only, and not among failed ones', async () => {
    const world = group()
    world.put('basket', { metadata: facts('key', 'a', 'g') })
    world.put('basket', { modelDataUrl: ARTIFACT, status: 'Failed', metadata: facts('key', 'a', 'g') })
    expect(await findIn(world, { artifact: 's3://models/other.tar.gz' as S3Uri })).toBeUndefined()
    expect(world.asked).toEqual([])
  })
})
