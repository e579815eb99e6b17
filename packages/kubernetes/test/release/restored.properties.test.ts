import { expect, test } from '@jest/globals'
import type { KubernetesObject } from '@mlops/core'
import { clusterInMemory, sleepingClock } from '@mlops/testing'
import fc from 'fast-check'
import { contentOf as contentIn, killedAfter, releasesOn } from './releases.ts'

/** The fake puts new elements of a list behind the others, where an API server keeps the order that is applied. */
const inOrder = (value: unknown): unknown => {
  if (Array.isArray(value))
    return value.map(inOrder).toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, inOrder(field)]))
}
const contentOf = (objects: readonly KubernetesObject[]) => inOrder(contentIn(objects))

const NAMESPACE = 'shop'
const DIGEST = `sha256:${'a'.repeat(64)}`

const data = fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.constantFrom('1', '2', '3'), { minKeys: 1 })

const configMap = fc
  .record({ name: fc.constantFrom('one', 'two', 'three'), data })
  .map(({ name, data: content }) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: content }))

const deployment = fc
  .record({
    name: fc.constantFrom('model', 'front'),
    image: fc.constantFrom('shop/a', 'shop/b'),
    replicas: fc.option(fc.constantFrom(1, 2, 5), { nil: undefined }),
    env: fc.uniqueArray(fc.record({ name: fc.constantFrom('A', 'B', 'C'), value: fc.constantFrom('1', '2') }), {
      selector: ({ name }) => name,
      maxLength: 3,
    }),
    labels: fc.dictionary(fc.constantFrom('team', 'tier'), fc.constantFrom('a', 'b')),
  })
  .map(({ name, image, replicas, env, labels }) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    // The fake takes an empty map for a value of its own.
    metadata: { name, ...(Object.keys(labels).length === 0 ? {} : { labels }) },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: `${image}@${DIGEST}`, ...(env.length === 0 ? {} : { env }) }] },
      },
    },
  }))

const autoscaler = fc.record({ min: fc.constantFrom(1, 2), max: fc.constantFrom(3, 9) }).map(({ min, max }) => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'model' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'model' },
    minReplicas: min,
    maxReplicas: max,
  },
}))

const secret = fc.constantFrom('1', '2').map((value) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'key' },
  stringData: { password: value },
}))

const service = fc.constantFrom(80, 8080).map((port) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'model' },
  spec: { selector: { app: 'model' }, ports: [{ name: 'http', port, targetPort: 'http' }] },
}))

const modelOf = (objects: readonly { readonly kind: string; readonly metadata: { readonly name: string } }[]) =>
  objects.some(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'model')

/** A release: each object once, an autoscaler only beside what it scales. */
const release = fc
  .uniqueArray(fc.oneof(configMap, deployment, autoscaler, secret, service), {
    selector: ({ kind, metadata }) => `${kind}/${metadata.name}`,
    minLength: 1,
    maxLength: 7,
  })
  .map((objects) => (modelOf(objects) ? objects : objects.filter(({ kind }) => kind !== 'HorizontalPodAutoscaler')))
  .filter((objects) => objects.length > 0)

const settings = { recordSecrets: true }

const world = () => {
  const clock = sleepingClock()
  const fake = clusterInMemory({ clock, namespaces: [NAMESPACE] })
  return { fake, clock, ...releasesOn(fake.cluster, { namespace: NAMESPACE, clock }) }
}
type World = ReturnType<typeof world>

/** Time goes on between two runs, as it does. */
const later = ({ clock }: World) => clock.sleep(60_000)

test('a release that is undone leaves every object as the last healthy one did', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(release, { minLength: 1, maxLength: 3 }), release, async (healthy, bad) => {
      const shop = world()
      for (const objects of healthy) {
        await shop.deploy(objects, settings)
        await later(shop)
      }
      const before = contentOf(shop.fake.objects())
      const { applied } = await shop.begin(bad, settings)
      expect(applied.kind).toBe('applied')
      await later(shop)
      expect((await shop.undo()).kind).toBe('undone')
      expect(contentOf(shop.fake.objects())).toEqual(before)
    }),
    { numRuns: 80 },
  )
})

test('a first release that is undone leaves what was there before it', async () => {
  await fc.assert(
    fc.asyncProperty(release, release, async (there, bad) => {
      const shop = world()
      for (const object of there.filter(({ kind }) => kind !== 'Secret'))
        shop.fake.applyAs('somebody', {
          ...object,
          metadata: { ...object.metadata, namespace: NAMESPACE },
        })
      await later(shop)
      const before = contentOf(shop.fake.objects())
      await shop.begin(bad, { ...settings, conflicts: 'force' })
      await later(shop)
      expect(await shop.undo()).toMatchObject({ kind: 'undone' })
      expect(contentOf(shop.fake.objects())).toEqual(before)
    }),
    { numRuns: 60 },
  )
})

test('whatever write a run is killed at, whoever comes next puts the last healthy release back whole', async () => {
  await fc.assert(
    fc.asyncProperty(release, release, fc.integer({ min: 1, max: 24 }), fc.boolean(), async (good, bad, at, done) => {
      const shop = world()
      await shop.deploy(good, settings)
      await later(shop)
      const before = contentOf(shop.fake.objects())
      const through = killedAfter(shop.fake.cluster, at, done)
      const run = async () => {
        await shop.begin(bad, settings, through)
        await later(shop)
        await shop.undo({ through })
      }
      await run().catch((error: unknown) => expect(String(error)).toMatch(/killed/))
      await later(shop)
      const { records } = await shop.records.list()
      const settled = records[0]?.revision === 1
      if (!settled) expect((await shop.undo()).kind).toBe('undone')
      expect(contentOf(shop.fake.objects())).toEqual(before)
    }),
    { numRuns: 120 },
  )
})

test('whatever write a run is killed at, the same release deployed again is there whole', async () => {
  await fc.assert(
    fc.asyncProperty(release, release, fc.integer({ min: 1, max: 16 }), fc.boolean(), async (good, next, at, done) => {
      const [shop, whole] = [world(), world()]
      for (const one of [shop, whole]) {
        await one.deploy(good, settings)
        await later(one)
      }
      await whole.deploy(next, settings)
      await shop
        .begin(next, settings, killedAfter(shop.fake.cluster, at, done))
        .catch((error: unknown) => expect(String(error)).toMatch(/killed/))
      await later(shop)
      await shop.deploy(next, settings)
      const withoutRevision = (text: string) => text.replaceAll(/("mlops\/revision":)"\d+"/g, '$1""')
      const [found, wanted] = [shop, whole].map(({ fake }) =>
        withoutRevision(JSON.stringify(contentOf(fake.objects()))),
      )
      expect(JSON.parse(found ?? '')).toEqual(JSON.parse(wanted ?? ''))
    }),
    { numRuns: 60 },
  )
})

test('a release that is deployed again is unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(release, async (objects) => {
      const shop = world()
      await shop.deploy(objects, settings)
      await later(shop)
      const writes = shop.fake.writes.filter(({ dryRun }) => !dryRun).length
      const checked = await shop.check(objects, settings)
      expect(checked).toMatchObject({ kind: 'ready', plan: { unchanged: true } })
      expect(shop.fake.writes.filter(({ dryRun }) => !dryRun)).toHaveLength(writes)
    }),
    { numRuns: 40 },
  )
})
