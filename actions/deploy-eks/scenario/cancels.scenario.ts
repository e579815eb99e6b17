import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import {
  type ClusterWorld,
  configMap,
  type FaultProxy,
  modelServer,
  type Namespace,
  openClusterWorld,
  openFaultProxy,
  putService,
  runStep,
  startStep,
} from '@mlops/testing'
import { deployOf, expireLock, holderOf, imageOf, recordOf, statuses, until } from './deploying.ts'

jest.setTimeout(90_000)
let world: ClusterWorld
let good: string
let slow: string
let proxy: FaultProxy
beforeAll(async () => {
  world = await openClusterWorld({ action: 'deploy-eks' })
  proxy = await openFaultProxy(world.cluster)
  good = await putService(world, { version: '1' })
  // It comes up, but not while a test waits for it.
  slow = await putService(world, { version: '2', startMs: 40_000 })
}, 40 * 60_000)
afterAll(async () => {
  proxy.close()
  await world.close()
})

const settings = (level: string) => configMap('settings', { level })
const level = async (namespace: Namespace) =>
  (await namespace.get<{ readonly data: { readonly level: string } }>('ConfigMap', 'settings'))?.data.level

/** A namespace where version 1 runs. */
const withGood = async () => {
  const namespace = await world.namespace()
  const { code } = await runStep(deployOf(world, namespace, [...modelServer('model', good), settings('low')]))
  expect(code).toBe(0)
  return namespace
}

/** A step in the middle of the rollout of version 2. */
const inRollout = async (namespace: Namespace, inputs: Readonly<Record<string, string>> = {}) => {
  const options = deployOf(world, namespace, [...modelServer('model', slow), settings('high')], inputs)
  const running = startStep(options)
  await until('version 2 is applied', async () => (await imageOf(namespace)) === slow)
  return { options, running }
}

test('SIGINT in the middle of a rollout: stopped in five seconds, and undone whole by post', async () => {
  const namespace = await withGood()
  const { options, running } = await inRollout(namespace)
  const from = performance.now()
  running.kill('SIGINT')
  const step = await running.done
  expect(performance.now() - from).toBeLessThan(5000)
  expect([step.code, step.outputs['status']]).toEqual([130, 'cancelled'])
  expect((await recordOf(namespace, 2))?.status).toBe('interrupted')
  const post = await runStep({ ...options, state: step.state })
  expect([post.code, await imageOf(namespace), await level(namespace), await holderOf(namespace)]).toEqual([
    0,
    good,
    'low',
    '',
  ])
  expect(await statuses(namespace)).toEqual(['1 deployed', '2 rolled-back', '3 deployed'])
})

test('on-cancel: leave: post releases the lock, and the next run finishes what was left', async () => {
  const namespace = await withGood()
  const { options, running } = await inRollout(namespace, { 'on-cancel': 'leave' })
  running.kill('SIGINT')
  const step = await running.done
  const writes = () => namespace.writes().filter(({ resource }) => resource === 'deployments').length
  const before = writes()
  await runStep({ ...options, state: step.state })
  expect([writes() - before, await imageOf(namespace), await holderOf(namespace)]).toEqual([0, slow, ''])
  expect(await statuses(namespace)).toEqual(['1 deployed', '2 interrupted'])
  const third = await putService(world, { version: '3' })
  const next = await runStep(
    deployOf(world, namespace, [...modelServer('model', third), settings('low')], { timeout: '5s' }),
  )
  expect([next.code, next.outputs['status'], await imageOf(namespace)]).toEqual([0, 'deployed', third])
  expect(next.summary).toContain('was never finished')
})

/** A step that was killed when it had applied the ConfigMap and not yet the Deployment. */
const killedInApply = async (namespace: Namespace) => {
  proxy.clear()
  proxy.fault({ kind: 'silence', verb: 'patch', resource: 'deployments', namespace: namespace.name, skip: 1 })
  const version2 = await putService(world, { version: '2' })
  const options = deployOf(world, namespace, [...modelServer('model', version2), settings('high')], {
    kubeconfig: proxy.kubeconfig(world.kubeconfig),
  })
  const running = startStep(options)
  await until('the ConfigMap is applied', async () => (await level(namespace)) === 'high')
  running.kill('SIGKILL')
  const step = await running.done
  expect([await level(namespace), await imageOf(namespace)]).toEqual(['high', good])
  proxy.clear()
  return { options, step, version2 }
}

test('SIGKILL in the middle of applying: post undoes it whole', async () => {
  const namespace = await withGood()
  const { options, step } = await killedInApply(namespace)
  const post = await runStep({ ...options, state: step.state })
  expect([post.code, await imageOf(namespace), await level(namespace), await holderOf(namespace)]).toEqual([
    0,
    good,
    'low',
    '',
  ])
})

test('SIGKILL in the middle of applying, and the runner lost with it: the next run names it, undoes it, and goes on', async () => {
  const namespace = await withGood()
  const { options, version2 } = await killedInApply(namespace)
  await expireLock(namespace)
  const next = await runStep(options)
  expect([next.code, next.outputs['status'], next.outputs['revision']]).toEqual([0, 'deployed', '4'])
  expect([await imageOf(namespace), await level(namespace)]).toEqual([version2, 'high'])
  expect(next.annotations.map(({ message }) => message).join()).toContain('revision 2')
  expect(await statuses(namespace)).toEqual(['1 deployed', '2 rolled-back', '3 deployed', '4 deployed'])
})

test('runner lost after applying: the next run judges what it finds first', async () => {
  const namespace = await withGood()
  const version2 = await putService(world, { version: '2', startMs: 1500 })
  const running = startStep(deployOf(world, namespace, [...modelServer('model', version2), settings('high')]))
  await until('version 2 is applied', async () => (await imageOf(namespace)) === version2)
  running.kill('SIGKILL')
  await running.done
  await expireLock(namespace)
  const third = await putService(world, { version: '3' })
  const next = await runStep(deployOf(world, namespace, [...modelServer('model', third), settings('high')]))
  expect([next.code, next.outputs['status'], next.outputs['previous-revision']]).toEqual([0, 'deployed', '2'])
  expect(next.summary).toContain('it has rolled out all the same')
  expect(await statuses(namespace)).toEqual(['1 deployed', '2 deployed', '3 deployed'])
  expect((await recordOf(namespace, 2))?.health).toBe('unjudged')
})
