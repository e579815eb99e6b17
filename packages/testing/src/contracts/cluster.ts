import { describe, expect, test } from '@jest/globals'
import { type Cluster, type KubernetesObject, referenceOf, type Written } from '@mlops/core'

export interface ClusterUnderTest {
  readonly cluster: Cluster
  /** A namespace in which there is nothing of this test. */
  readonly namespace: string
  /** Applies an object as the field manager `somebody`, by force. */
  readonly applyAsSomebody: (object: KubernetesObject) => Promise<void>
  /** The same cluster to a user who has no rights in it. */
  readonly stranger: Cluster
}

const objectOf = (written: Written): KubernetesObject => {
  if (written.kind === 'written') return written.object
  throw new Error(`refused: ${JSON.stringify(written.refusal)}`)
}
const refused = (status: number, reason: string) => ({ kind: 'refused', refusal: { status, reason } })

/** What everything that calls itself a Cluster promises: the same for the fake and for the adapter over an API server. */
export const clusterContract = (title: string, setUp: (name: string) => Promise<ClusterUnderTest>): void => {
  const configMap = ({ namespace }: ClusterUnderTest, name: string, data: Readonly<Record<string, string>>) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data,
  })
  const deployment = ({ namespace }: ClusterUnderTest, container: object): KubernetesObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'model', namespace },
    spec: {
      // Nothing is to be scheduled.
      replicas: 0,
      selector: { matchLabels: { app: 'model' } },
      template: {
        metadata: { labels: { app: 'model' } },
        spec: { containers: [{ name: 'main', image: 'shop/model:1', ...container }] },
      },
    },
  })
  const namesOf = (objects: readonly KubernetesObject[]) => objects.map(({ metadata }) => metadata.name)
  const versionOf = (object: KubernetesObject | undefined) => object?.metadata.resourceVersion
  const SELECTED = { apiVersion: 'v1', kind: 'ConfigMap', labelSelector: 'part=tested' }
  const tested = (under: ClusterUnderTest, name: string, data: Readonly<Record<string, string>> = {}) => {
    const object = configMap(under, name, data)
    return { ...object, metadata: { ...object.metadata, labels: { part: 'tested' } } }
  }

  describe(`the contract of a cluster, by ${title}`, () => {
    test('it knows the kinds, and the caller by a name', async () => {
      const { cluster } = await setUp('kinds')
      const kinds = [
        { apiVersion: 'apps/v1', kind: 'Deployment' },
        { apiVersion: 'v1', kind: 'Namespace' },
        { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
        { apiVersion: 'example.org/v1', kind: 'Model' },
      ]
      expect(await Promise.all(kinds.map((kind) => cluster.kind(kind)))).toEqual([
        { resource: 'deployments', namespaced: true },
        { resource: 'namespaces', namespaced: false },
        { resource: 'networkpolicies', namespaced: true },
        undefined,
      ])
      expect(await cluster.whoAmI()).not.toBe('')
    })

    test('what is not there is an answer', async () => {
      const under = await setUp('absent')
      const { cluster, namespace } = under
      const reference = referenceOf(configMap(under, 'none', {}))
      expect(await cluster.get(reference)).toBeUndefined()
      expect(await cluster.remove(reference)).toBe('absent')
      expect(await cluster.list({ ...SELECTED, namespace })).toEqual([])
      expect(await cluster.replace(configMap(under, 'none', {}))).toMatchObject(refused(404, 'NotFound'))
      expect(await cluster.logs({ namespace, pod: 'none', container: 'main', tailLines: 5 })).toBeUndefined()
      const proxied = { namespace, resource: 'services', name: 'none', port: 'http', method: 'GET', path: '/' } as const
      await expect(cluster.proxy({ ...proxied, headers: {}, timeoutMs: 2000 })).rejects.toMatchObject({
        facts: { code: 'E-PROBE' },
      })
    })

    test('what is created has an id and a version, and is created once', async () => {
      const under = await setUp('created')
      const { cluster } = under
      const object = configMap(under, 'a', { key: 'one' })
      expect(objectOf(await cluster.create(object, { dryRun: true }))).toMatchObject({ data: { key: 'one' } })
      expect(await cluster.get(referenceOf(object))).toBeUndefined()
      const created = objectOf(await cluster.create(object))
      expect([created.metadata.uid, versionOf(created)]).toEqual([expect.any(String), expect.any(String)])
      expect(await cluster.get(referenceOf(object))).toEqual(created)
      expect(await cluster.create(object)).toMatchObject(refused(409, 'AlreadyExists'))
      const elsewhere = { ...object, metadata: { name: 'a', namespace: 'there-is-none' } }
      expect(await cluster.create(elsewhere)).toMatchObject(refused(404, 'NotFound'))
      const unknown = { apiVersion: 'example.org/v1', kind: 'Model', metadata: object.metadata }
      expect(await cluster.create(unknown)).toMatchObject(refused(404, 'NotFound'))
    })

    test('a replacement of an older version is refused, one without a change changes nothing', async () => {
      const under = await setUp('replaced')
      const { cluster } = under
      const first = objectOf(await cluster.create(configMap(under, 'a', { key: 'one', other: 'x' })))
      const second = objectOf(await cluster.replace({ ...first, data: { key: 'two' } }))
      expect(second).toMatchObject({ metadata: { uid: first.metadata.uid }, data: { key: 'two' } })
      expect(versionOf(second)).not.toBe(versionOf(first))
      expect(await cluster.replace({ ...first, data: { key: 'three' } })).toMatchObject(refused(409, 'Conflict'))
      expect(versionOf(objectOf(await cluster.replace(second)))).toBe(versionOf(second))
      expect((await cluster.get(referenceOf(first)))?.['data']).toEqual({ key: 'two' })
    })

    test('of many that replace the same version, one does', async () => {
      const under = await setUp('raced')
      const { cluster } = under
      const first = objectOf(await cluster.create(configMap(under, 'a', { winner: '' })))
      const writers = ['1', '2', '3', '4', '5', '6']
      const results = await Promise.all(writers.map((winner) => cluster.replace({ ...first, data: { winner } })))
      const winners = writers.filter((_, index) => results[index]?.kind === 'written')
      expect(winners).toHaveLength(1)
      expect((await cluster.get(referenceOf(first)))?.['data']).toEqual({ winner: winners[0] })
    })

    test('what is applied is created, then changed, and what is no longer applied goes', async () => {
      const under = await setUp('applied')
      const { cluster } = under
      const first = configMap(under, 'a', { key: 'one', dropped: 'x' })
      expect(objectOf(await cluster.apply(first, { dryRun: true }))).toMatchObject({ data: first.data })
      expect(await cluster.get(referenceOf(first))).toBeUndefined()
      const created = objectOf(await cluster.apply(first))
      const again = objectOf(await cluster.apply(first))
      expect(versionOf(again)).toBe(versionOf(created))
      const changed = objectOf(await cluster.apply(configMap(under, 'a', { key: 'two' })))
      expect(changed).toMatchObject({ metadata: { uid: created.metadata.uid } })
      expect(changed['data']).toEqual({ key: 'two' })
      const elsewhere = { ...first, metadata: { name: 'a', namespace: 'there-is-none' } }
      expect(await cluster.apply(elsewhere)).toMatchObject(refused(404, 'NotFound'))
    })

    test("somebody else's fields are kept, and a conflict over one names it and its owner", async () => {
      const under = await setUp('conflicts')
      const { cluster, applyAsSomebody } = under
      await cluster.apply(configMap(under, 'a', { ours: 'one' }))
      await applyAsSomebody(configMap(under, 'a', { theirs: 'x' }))
      const kept = objectOf(await cluster.apply(configMap(under, 'a', { ours: 'two' })))
      expect(kept['data']).toEqual({ ours: 'two', theirs: 'x' })
      await applyAsSomebody(configMap(under, 'a', { theirs: 'x', ours: 'three' }))
      const wanted = configMap(under, 'a', { ours: 'four' })
      expect(await cluster.apply(wanted)).toMatchObject({
        kind: 'refused',
        refusal: {
          status: 409,
          reason: 'Conflict',
          causes: [
            { field: '.data.ours', reason: 'FieldManagerConflict', message: expect.stringContaining('somebody') },
          ],
        },
      })
      expect((await cluster.get(referenceOf(kept)))?.['data']).toEqual({ ours: 'three', theirs: 'x' })
      const forced = objectOf(await cluster.apply(wanted, { force: true }))
      expect(forced['data']).toEqual({ ours: 'four', theirs: 'x' })
      expect(objectOf(await cluster.apply(wanted))['data']).toEqual(forced['data'])
    })

    test('a container is changed by its name, and only a change of the spec makes a generation', async () => {
      const under = await setUp('generations')
      const { cluster, applyAsSomebody } = under
      const first = objectOf(await cluster.apply(deployment(under, {})))
      expect(first.metadata.generation).toBe(1)
      await applyAsSomebody({
        ...deployment(under, {}),
        spec: { template: { spec: { containers: [{ name: 'sidecar', image: 'mesh:1' }] } } },
      })
      const labelled = deployment(under, {})
      const metadata = { ...labelled.metadata, labels: { mine: 'yes' } }
      const second = objectOf(await cluster.apply({ ...labelled, metadata }))
      expect(second.metadata.generation).toBe(2)
      const third = objectOf(await cluster.apply({ ...deployment(under, { image: 'shop/model:2' }), metadata }))
      expect(third.metadata.generation).toBe(3)
      const { template } = third['spec'] as { template: { spec: { containers: readonly { image: string }[] } } }
      expect(template.spec.containers.map(({ image }) => image).toSorted()).toEqual(['mesh:1', 'shop/model:2'])
    })

    test('a patch is tested first', async () => {
      const under = await setUp('patched')
      const { cluster } = under
      const object = objectOf(await cluster.create(configMap(under, 'a', { key: 'one' })))
      const patch = (was: string, value: string) => [
        { op: 'test', path: '/data/key', value: was },
        { op: 'replace', path: '/data/key', value },
        { op: 'add', path: '/metadata/labels', value: { patched: value } },
      ]
      const patched = objectOf(await cluster.patch(referenceOf(object), patch('one', 'two')))
      expect(patched).toMatchObject({ metadata: { labels: { patched: 'two' } }, data: { key: 'two' } })
      expect(await cluster.patch(referenceOf(object), patch('one', 'three'))).toMatchObject(refused(422, 'Invalid'))
      expect(await cluster.get(referenceOf(object))).toEqual(patched)
    })

    test('only the object of the given id is removed', async () => {
      const under = await setUp('removed')
      const { cluster } = under
      const first = objectOf(await cluster.create(configMap(under, 'a', {})))
      const reference = referenceOf(first)
      expect(await cluster.remove(reference, '00000000-0000-0000-0000-000000000000')).toBe('other')
      expect(await cluster.get(reference)).toEqual(first)
      expect(await cluster.remove(reference, first.metadata.uid)).toBe('removed')
      expect(await cluster.get(reference)).toBeUndefined()
      const second = objectOf(await cluster.create(configMap(under, 'a', {})))
      expect(second.metadata.uid).not.toBe(first.metadata.uid)
      expect(await cluster.remove(reference)).toBe('removed')
    })

    test('a list is chosen by labels, by fields and by namespace', async () => {
      const under = await setUp('lists')
      const { cluster, namespace } = under
      for (const name of ['b', 'a']) await cluster.create(tested(under, name))
      await cluster.create(configMap(under, 'c', {}))
      const listed = async (selection: object) =>
        namesOf(await cluster.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace, ...selection })).toSorted()
      expect(await listed({ labelSelector: 'part=tested' })).toEqual(['a', 'b'])
      expect(await listed({ labelSelector: 'part in (tested,other)' })).toEqual(['a', 'b'])
      expect(await listed({ labelSelector: 'part=tested', fieldSelector: 'metadata.name=b' })).toEqual(['b'])
      expect(await listed({ labelSelector: '!part', fieldSelector: 'metadata.name=c' })).toEqual(['c'])
      const [found] = await cluster.list({ ...SELECTED, namespace, fieldSelector: 'metadata.name=a' })
      expect(found).toEqual(await cluster.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'a' }))
    })

    test('who has no rights is told so: of reads by an error, of writes by a refusal, and when asking', async () => {
      const under = await setUp('rights')
      const { cluster, namespace, stranger } = under
      const object = objectOf(await cluster.create(configMap(under, 'a', {})))
      const forbidden = { facts: { code: 'E-FORBIDDEN', kind: 'user' } }
      await expect(stranger.get(referenceOf(object))).rejects.toMatchObject(forbidden)
      await expect(stranger.list({ ...SELECTED, namespace })).rejects.toMatchObject(forbidden)
      await expect(stranger.watch([{ ...SELECTED, namespace }])).rejects.toMatchObject(forbidden)
      const other = configMap(under, 'b', {})
      expect(await stranger.create(other)).toMatchObject(refused(403, 'Forbidden'))
      expect(await stranger.apply(other)).toMatchObject(refused(403, 'Forbidden'))
      const question = { verb: 'create', group: '', resource: 'configmaps', namespace }
      expect(await stranger.may([question])).toEqual([false])
      expect(await cluster.may([question, { ...question, verb: 'delete', name: 'a' }])).toEqual([true, true])
    })

    test('a watch knows what was there, and what comes, changes and goes', async () => {
      const under = await setUp('watched')
      const { cluster, namespace } = under
      const selection = { ...SELECTED, namespace }
      const first = objectOf(await cluster.create(tested(under, 'b', { key: 'one' })))
      await cluster.create(configMap(under, 'unseen', {}))
      const watched = await cluster.watch([selection])
      try {
        const seen = () => watched.objects(selection)
        const until = async (isTrue: () => boolean) => {
          for (let turns = 0; turns < 100 && !isTrue(); turns += 1) await watched.changed(1000)
          expect(isTrue()).toBe(true)
        }
        expect(seen()).toEqual([first])
        await cluster.create(tested(under, 'a'))
        await until(() => namesOf(seen()).join() === 'a,b')
        const changed = objectOf(await cluster.replace({ ...first, data: { key: 'two' } }))
        await until(() => versionOf(seen()[1]) === versionOf(changed))
        expect(seen()[1]).toEqual(changed)
        // Without its label it is no longer selected, which to a watch is the same as gone.
        await cluster.replace({ ...changed, metadata: { ...changed.metadata, labels: {} } })
        await until(() => namesOf(seen()).join() === 'a')
        await cluster.remove(referenceOf(tested(under, 'a')))
        await until(() => seen().length === 0)
        expect(watched.staleMs()).toBeLessThan(10_000)
      } finally {
        watched.stop()
      }
    }, 30_000)

    test('who waits for a change waits no longer than told, and not when told to stop', async () => {
      const { cluster, namespace } = await setUp('patience')
      const watched = await cluster.watch([{ ...SELECTED, namespace }])
      try {
        await watched.changed(50)
        await expect(watched.changed(60_000, AbortSignal.abort(new Error('told to')))).rejects.toThrow('told to')
      } finally {
        watched.stop()
      }
    })
  })
}
