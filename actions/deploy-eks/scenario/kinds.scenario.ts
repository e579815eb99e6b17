import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import {
  type AnyObject,
  autoscaler,
  type ClusterWorld,
  configMap,
  cronJob,
  daemonSet,
  disruptionBudget,
  ingress,
  job,
  type ManifestObject,
  modelServer,
  type Namespace,
  type NamespacedKind,
  networkPolicy,
  openClusterWorld,
  putService,
  runStep,
  secret,
  serviceAccount,
  statefulSet,
} from '@mlops/testing'
import { deployOf, until } from './deploying.ts'

jest.setTimeout(150_000)
let world: ClusterWorld
let good: string
beforeAll(async () => {
  world = await openClusterWorld({ action: 'deploy-eks' })
  good = await putService(world, { version: '1' })
}, 40 * 60_000)
afterAll(() => world.close())

const QUICK = { container: { command: ['node', '-e', 'process.exit(0)'] } }

/** One object of each kind that the published Role knows; `level` is in each that may change. */
const everything = (level: 1 | 2, image: string): readonly ManifestObject[] => [
  ...modelServer('model', image),
  statefulSet('store', image),
  daemonSet('agent', good, { labels: { level: String(level) } }),
  job('migrate', good, QUICK),
  cronJob('retrain', good, { spec: { suspend: level === 2 } }),
  configMap('settings', { level: String(level) }),
  secret('keys', { level: String(level) }),
  serviceAccount('runner'),
  autoscaler('model', 1, level + 1),
  disruptionBudget('model', level),
  networkPolicy('model', level === 1 ? 'http' : 8080),
  ingress('model', `level-${level}.example.org`),
]

/** An object as it was sent: without what the server or a controller has written to it. */
const contentOf = (object: AnyObject & { readonly status?: unknown }) => {
  const { metadata, status: _, ...content } = object
  return { ...content, name: metadata.name, labels: metadata.labels }
}
const contents = async (namespace: Namespace) => {
  const kinds = [...new Set(everything(1, good).map(({ kind }) => kind as NamespacedKind))]
  const found = await Promise.all(kinds.map((kind) => namespace.list(kind)))
  return Object.fromEntries(
    found.flatMap((objects, index) =>
      objects
        .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/managed-by'] === 'mlops-actions')
        .map((object) => [`${kinds[index]}/${object.metadata.name}`, contentOf(object)] as const),
    ),
  )
}

test('a release of every kind is deployed, and nothing of it is written again', async () => {
  const namespace = await world.namespace()
  const first = await runStep(deployOf(world, namespace, everything(1, good)))
  expect([first.code, first.outputs['status'], first.text]).toEqual([0, 'deployed', expect.anything()])
  const named = everything(1, good).map(({ kind, metadata }) => `${kind}/${metadata.name}`)
  expect(Object.keys(await contents(namespace)).toSorted()).toEqual(named.toSorted())
  const before = namespace.writes().length
  const second = await runStep(deployOf(world, namespace, everything(1, good)))
  expect([second.code, second.outputs['status']]).toEqual([0, 'unchanged'])
  expect(namespace.writes().slice(before)).toEqual([])
})

test('a release of every kind that fails is undone, object by object, and its stuck pod replaced', async () => {
  const namespace = await world.namespace()
  // Else the record has digests of it only, and a changed Secret stays as it is.
  const recorded = { 'record-secrets': 'true' }
  const first = await runStep(deployOf(world, namespace, everything(1, good), recorded))
  expect(first.outputs['status']).toBe('deployed')
  const before = await contents(namespace)
  const bad = await putService(world, { mode: 'crash-at-start', version: '2' })
  const failing = [...everything(2, bad), configMap('more', { new: 'yes' })]
  const { code, outputs, summary, text } = await runStep(deployOf(world, namespace, failing, recorded))
  expect([code, outputs, text]).toMatchObject([1, { status: 'rolled-back', 'failure-class': 'crash-loop' }, {}])
  expect(summary).toContain('model.joblib was written by version 9')
  expect(await contents(namespace)).toEqual(before)
  await until('the StatefulSet is whole again', async () => {
    const found = await namespace.get<{ readonly status: { readonly readyReplicas?: number } }>('StatefulSet', 'store')
    return found?.status.readyReplicas === 1
  })
})
