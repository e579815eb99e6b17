import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import {
  type ClusterWorld,
  configMap,
  deployStep,
  manifestFolder,
  modelServer,
  type Namespace,
  openClusterWorld,
  putService,
  runStep,
  secret,
  startStep,
} from '@mlops/testing'
import {
  afterPreflight,
  deployOf,
  expireLock,
  holderOf,
  imageOf,
  judgeHealthy,
  recordOf,
  statuses,
  until,
} from './deploying.ts'

jest.setTimeout(90_000)
let world: ClusterWorld
let images: readonly string[]
beforeAll(async () => {
  world = await openClusterWorld({ action: 'deploy-eks' })
  images = await Promise.all(['0', '1', '2', '3'].map((version) => putService(world, { version })))
}, 40 * 60_000)
afterAll(() => world.close())

const image = (version: number) => images[version] ?? ''
const textOf = (base64: string) => Buffer.from(base64, 'base64').toString()
const tokenIn = async (namespace: Namespace) =>
  textOf((await namespace.get<{ readonly data: { readonly token: string } }>('Secret', 'key'))?.data.token ?? '')

/** Writes of steps to Deployments, as often as they were carried out. */
const applied = (namespace: Namespace) =>
  namespace.writes().filter(({ resource, status }) => resource === 'deployments' && status < 300).length

test('two deploys at once: one after the other, and the second waits for no longer than it is told', async () => {
  const namespace = await world.namespace()
  const step = (version: number, inputs = {}) =>
    deployOf(
      world,
      namespace,
      [...modelServer('model', image(version)), configMap('which', { is: String(version) })],
      inputs,
    )
  expect((await runStep(step(1))).code).toBe(0)
  const both = await Promise.all([runStep(step(2)), runStep(step(3))])
  expect(both.map(({ code }) => code)).toEqual([0, 0])
  expect(new Set(both.map(({ outputs }) => outputs['revision']))).toEqual(new Set(['2', '3']))
  const last = both.findIndex(({ outputs }) => outputs['revision'] === '3') + 2
  expect(await imageOf(namespace)).toBe(image(last))
  expect(await namespace.get('ConfigMap', 'which')).toMatchObject({ data: { is: String(last) } })
  expect(await statuses(namespace)).toEqual(['1 deployed', '2 deployed', '3 deployed'])

  await namespace.edit('Lease', 'mlops-deploy-model', { spec: { holderIdentity: 'somebody' } })
  const before = applied(namespace)
  const impatient = await runStep(step(1, { 'lock-timeout': '1s' }))
  expect([impatient.code, impatient.outputs['status'], impatient.annotations.at(-1)?.message]).toEqual([
    1,
    'refused',
    expect.stringContaining('E-LOCKED'),
  ])
  expect(impatient.annotations.at(-1)?.message).toContain('somebody')
  expect([applied(namespace) - before, await holderOf(namespace)]).toEqual([0, 'somebody'])
})

test('a verdict that comes while the next deploy waits for the lock is kept', async () => {
  const namespace = await world.namespace()
  const step = (version: number) => runStep(deployOf(world, namespace, modelServer('model', image(version))))
  expect((await step(1)).code).toBe(0)
  const second = await afterPreflight(
    namespace,
    () => step(2),
    () => judgeHealthy(namespace, 1),
  )
  expect([second.code, second.outputs['status']]).toEqual([0, 'deployed'])
  expect((await recordOf(namespace, 1))?.health).toBe('healthy')
  expect((await step(3)).code).toBe(0)
  expect((await recordOf(namespace, 2))?.health).toBe('unjudged')
})

test('a paused process whose lock ran out meanwhile writes nothing when it wakes', async () => {
  const namespace = await world.namespace()
  expect((await runStep(deployOf(world, namespace, modelServer('model', image(1))))).code).toBe(0)
  const slow = await putService(world, { version: '2', startMs: 60_000 })
  const paused = startStep(deployOf(world, namespace, modelServer('model', slow)))
  await until('version 2 is applied', async () => (await imageOf(namespace)) === slow)
  paused.kill('SIGSTOP')
  await expireLock(namespace)
  const other = await runStep(deployOf(world, namespace, modelServer('model', image(3)), { timeout: '5s' }))
  expect([other.code, other.outputs['status']]).toEqual([0, 'deployed'])
  const before = namespace.writes().length
  paused.kill('SIGCONT')
  const woken = await paused.done
  expect([woken.code, woken.outputs['status'], await imageOf(namespace)]).toEqual([1, 'superseded', image(3)])
  expect(
    namespace
      .writes()
      .slice(before)
      .filter(({ status }) => status < 300),
  ).toEqual([])
})

test('a field that somebody has edited is not taken over silently; with conflicts: force it is', async () => {
  const namespace = await world.namespace()
  const objects = (level: string) => [...modelServer('model', image(1)), configMap('settings', { level })]
  expect((await runStep(deployOf(world, namespace, objects('low')))).code).toBe(0)
  await namespace.edit('ConfigMap', 'settings', { data: { level: 'edited' } })
  const before = namespace.writes().length
  const refused = await runStep(deployOf(world, namespace, objects('high')))
  expect([refused.code, refused.outputs]).toMatchObject([1, { status: 'refused', 'failure-class': 'conflict' }])
  expect(namespace.writes().slice(before)).toEqual([])
  const forced = await runStep(deployOf(world, namespace, objects('high'), { conflicts: 'force' }))
  expect([forced.code, forced.outputs['status']]).toEqual([0, 'deployed'])
  expect(await namespace.get('ConfigMap', 'settings')).toMatchObject({ data: { level: 'high' } })
})

test('somebody changes the Deployment in the middle of its rollout: superseded, and nothing more is written', async () => {
  const namespace = await world.namespace()
  expect((await runStep(deployOf(world, namespace, modelServer('model', image(1))))).code).toBe(0)
  const slow = await putService(world, { version: '2', startMs: 60_000 })
  const running = startStep(deployOf(world, namespace, modelServer('model', slow)))
  await until('version 2 is applied', async () => (await imageOf(namespace)) === slow)
  await namespace.edit('Deployment', 'model', {
    spec: {
      template: {
        spec: { containers: [{ name: 'main', image: image(3), ports: [{ name: 'http', containerPort: 8080 }] }] },
      },
    },
  })
  const step = await running.done
  expect([step.code, step.outputs]).toMatchObject([1, { status: 'superseded', 'failure-class': 'superseded' }])
  expect(step.annotations.at(-1)?.message).toContain('E-SUPERSEDED')
  expect([await imageOf(namespace), await statuses(namespace)]).toEqual([image(3), ['1 deployed', '2 superseded']])
})

test.each([
  ['a Secret that somebody has rotated since is kept', true, 'rotated'],
  ['a Secret that nobody has touched since is put back', false, 'first'],
])('when a release is rolled back, %s', async (_, rotate, expected) => {
  const namespace = await world.namespace()
  const inputs = { 'record-secrets': 'true' }
  const objects = (version: string, token: string, more = {}) => [
    ...modelServer('model', version, more),
    secret('key', { token }),
  ]
  expect((await runStep(deployOf(world, namespace, objects(image(1), 'first'), inputs))).code).toBe(0)
  const never = await putService(world, { mode: 'never-ready', version: '2' })
  const parts = { spec: { progressDeadlineSeconds: 5 } }
  const running = startStep(deployOf(world, namespace, objects(never, 'second', parts), inputs))
  await until('version 2 is applied', async () => (await imageOf(namespace)) === never)
  if (rotate) await namespace.edit('Secret', 'key', { data: { token: Buffer.from('rotated').toString('base64') } })
  const step = await running.done
  expect([step.code, step.outputs]).toMatchObject([1, { status: 'rolled-back', 'failure-class': 'probe-not-ready' }])
  expect([await tokenIn(namespace), await imageOf(namespace)]).toEqual([expected, image(1)])
  expect(step.text + step.summary).not.toMatch(/rotated(?! since)|cm90YXRlZA|c2Vjb25k/)
})

/** Makes a commit of a date in a folder; gives its SHA. */
const commitIn = (cwd: string, date: string): string => {
  const env = { ...process.env, GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date }
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
      cwd,
      env,
      encoding: 'utf8',
    })
  git('init', '--quiet')
  git('commit', '--quiet', '--allow-empty', '--message', 'Change')
  return git('rev-parse', 'HEAD').trim()
}

test('a commit that is older than a healthy release is refused; if-older: allow lets it through', async () => {
  const namespace = await world.namespace()
  const workspace = manifestFolder(modelServer('model', 'model'))
  const [old, young] = [commitIn(workspace, '2026-01-01T12:00:00+02:00'), commitIn(workspace, '2026-01-01T11:00:00Z')]
  const deploy = (sha: string, version: number, inputs = {}) =>
    runStep(
      deployStep(
        world,
        namespace,
        workspace,
        { images: `model=${image(version)}`, ...inputs },
        { environment: { GITHUB_SHA: sha } },
      ),
    )
  expect((await deploy(young, 2)).outputs['status']).toBe('deployed')
  // Nobody has found it healthy, so it may be replaced.
  expect((await deploy(old, 1)).outputs['status']).toBe('deployed')
  expect((await deploy(young, 3)).outputs['status']).toBe('deployed')
  await judgeHealthy(namespace, 3)
  const before = namespace.writes().length
  const refused = await deploy(old, 1)
  expect([refused.code, refused.outputs['status'], refused.annotations.at(-1)?.message]).toEqual([
    1,
    'refused',
    expect.stringContaining('E-OLDER'),
  ])
  expect(namespace.writes().slice(before)).toEqual([])
  expect((await deploy(old, 1, { 'if-older': 'allow' })).outputs['status']).toBe('deployed')
  expect(await imageOf(namespace)).toBe(image(1))
})
