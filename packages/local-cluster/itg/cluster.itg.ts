import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { ApiError, type Cluster, startCluster } from '../src/index.ts'
import { binary, deploymentOf, isAlive, makeImages, podOf, until, userOf } from './world.ts'

jest.setTimeout(30_000)
const images = makeImages()
let cluster: Cluster
let user: ReturnType<typeof userOf>

beforeAll(
  async () => {
    cluster = await startCluster({
      binary: await binary(),
      images: { kind: 'table', file: images.table },
      interpreters: { node: process.execPath },
      users: { watcher: ['watchers'] },
      backOffMs: 500,
      objects: [
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: 'watcher' },
          ...{ rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }] },
        },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRoleBinding',
          metadata: { name: 'watchers' },
          ...{
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'watcher' },
            subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'watchers' }],
          },
        },
      ],
    })
    user = userOf(cluster)
  },
  // Where there is no binary yet it is compiled here.
  40 * 60_000,
)
afterAll(async () => {
  const folder = dirname(cluster.kubeconfig)
  const kubelet = cluster.kubelet.pid()
  expect(readFileSync(join(folder, 'kubelet.log'), 'utf8')).not.toContain('a fault of the kubelet')
  cluster.down()
  rmSync(images.folder, { recursive: true })
  expect(existsSync(folder)).toBe(false)
  await until(() => (isAlive(kubelet) ? undefined : true))
})

afterEach(() => user.kubectl('delete', 'deployments,pods', '--all', '--grace-period=1', '--wait=false'))

const stateOf = async (app: string) => (await user.onlyPod(app)).status?.containerStatuses?.[0]
/** Waits for an event of a pod: they are written beside its status, and may come after it. */
const told = async (pod: string, wanted: RegExp) => {
  const isThere = async () => ((await user.events(pod)).some((one) => wanted.test(one)) ? true : undefined)
  await until(isThere).catch(() => undefined)
  expect(await user.events(pod)).toContainEqual(expect.stringMatching(wanted))
}
const waitingFor = (app: string, reason: string) =>
  until(async () => {
    const status = await stateOf(app)
    return status?.state.waiting?.reason === reason ? status : undefined
  })

test('a deployment rolls out, answers through its service, and rolls on to the next version', async () => {
  await user.apply(...deploymentOf('shop', { replicas: 2 }))
  expect(await user.kubectl('rollout', 'status', 'deployment/shop', '--timeout=15s')).toMatchObject({ code: 0 })
  expect(JSON.parse((await user.get('shop', '/')).stdout)).toMatchObject({ version: 'v1' })
  const [pod] = await user.pods('shop')
  expect(pod?.status?.containerStatuses?.[0]?.imageID).toMatch(/^shop\/service@sha256:[0-9a-f]{64}$/)
  await user.kubectl('set', 'image', 'deployment/shop', 'main=shop/service:v2')
  expect(await user.kubectl('rollout', 'status', 'deployment/shop', '--timeout=15s')).toMatchObject({ code: 0 })
  expect(JSON.parse((await user.get('shop', '/')).stdout)).toMatchObject({ version: 'v2' })
  const old = pod?.metadata.name ?? ''
  await until(async () => ((await user.pods('shop')).some(({ metadata }) => metadata.name === old) ? undefined : true))

  await user.kubectl('scale', 'deployment/shop', '--replicas=10')
  expect(await user.kubectl('rollout', 'status', 'deployment/shop', '--timeout=15s')).toMatchObject({ code: 0 })
  const addresses = (await user.pods('shop')).map(({ status }) => status?.podIP)
  expect(new Set(addresses).size).toBe(10)

  await user.kubectl('delete', 'deployment/shop', '--cascade=foreground', '--timeout=20s')
  expect(await user.pods('shop')).toEqual([])
  const left = join(dirname(cluster.kubeconfig), 'node/pods')
  await until(() => (readdirSync(left).length === 0 ? true : undefined))
})

test('a bad image fails the rollout with the registry’s own words, and the version before goes on serving', async () => {
  await user.apply(...deploymentOf('picture'))
  await user.kubectl('rollout', 'status', 'deployment/picture', '--timeout=15s')
  await user.kubectl('set', 'image', 'deployment/picture', 'main=shop/service:v9')
  const status = await user.kubectl('rollout', 'status', 'deployment/picture', '--timeout=15s')
  expect(status.stderr).toContain('exceeded its progress deadline')
  const bad = (await user.pods('picture')).find(({ spec }) => spec.containers[0]?.image.endsWith('v9'))
  expect(await user.events(bad?.metadata.name ?? '')).toEqual(
    expect.arrayContaining([
      'Pulling: Pulling image "shop/service:v9"',
      expect.stringMatching(
        /^Failed: Failed to pull image "shop\/service:v9": rpc error: code = NotFound .*not found$/,
      ),
      'Failed: Error: ErrImagePull',
      'BackOff: Back-off pulling image "shop/service:v9"',
      'Failed: Error: ImagePullBackOff',
    ]),
  )
  const waits = () =>
    user.kubectl('get', 'pod', bad?.metadata.name ?? '', '-o', 'jsonpath={.status.containerStatuses[0].state.waiting}')
  const waiting = await until(async () => {
    const { stdout } = await waits()
    return stdout.includes('"ImagePullBackOff"') ? stdout : undefined
  })
  expect(waiting).toContain('ErrImagePull: rpc error: code = NotFound')
  expect(JSON.parse((await user.get('picture', '/')).stdout)).toMatchObject({ version: 'v1' })
})

test('pulls that are throttled or refused recover when the trouble is over', async () => {
  await cluster.kubelet.failPulls({ reference: 'shop/service:v2', fault: 'throttled' })
  await user.apply(podOf('throttled', { image: 'shop/service:v2', imagePullPolicy: 'Always' }))
  expect((await waitingFor('throttled', 'ImagePullBackOff')).state.waiting?.message).toContain('429 Too Many Requests')
  await cluster.kubelet.clearPulls()
  await until(async () => ((await stateOf('throttled'))?.state.running ? true : undefined))
  await user.apply(podOf('named', { image: 'Shop/Service:v1:x' }))
  expect((await waitingFor('named', 'InvalidImageName')).state.waiting?.message).toContain('invalid reference format')
})

test('what crashes is restarted, later each time, and tells its exit code, message and logs', async () => {
  const command = ['sh', '-c', 'echo run of $VERSION; echo last words > /dev/termination-log; exit 3']
  await user.apply(podOf('crash', { command }))
  const status = await waitingFor('crash', 'CrashLoopBackOff')
  expect(status.lastState.terminated).toMatchObject({ exitCode: 3, reason: 'Error', message: 'last words\n' })
  await until(async () => (((await stateOf('crash'))?.restartCount ?? 0) >= 3 ? true : undefined))
  await told('crash', /^BackOff: Back-off restarting failed container main in pod crash_/)
  expect((await user.kubectl('logs', 'crash', '--previous')).stdout).toBe('run of v1\n')
  expect((await user.kubectl('logs', 'crash', '--timestamps', '--tail=1')).stdout).toMatch(
    /^\d{4}-\d\d-\d\dT\S+ run of v1\n$/,
  )

  const words = ['node', '-e', 'console.log("a");console.error("cause: b");process.exit(1)']
  await user.apply(podOf('fallback', { command: words, terminationMessagePolicy: 'FallbackToLogsOnError' }))
  const last = (await waitingFor('fallback', 'CrashLoopBackOff')).lastState.terminated
  expect(last?.message?.split('\n').toSorted()).toEqual(['a', 'cause: b'])
})

test('what can’t be started says so', async () => {
  await user.apply(podOf('absent', { command: ['/app/absent'] }))
  const status = await waitingFor('absent', 'CrashLoopBackOff')
  expect(status.lastState.terminated).toMatchObject({ exitCode: 128, reason: 'StartError' })
  expect(status.lastState.terminated?.message).toContain('no such file or directory')
  await user.apply(podOf('root', {}, { securityContext: { runAsNonRoot: true } }))
  const refused = await waitingFor('root', 'CreateContainerConfigError')
  expect(refused.state.waiting?.message).toMatch(/^container has runAsNonRoot and image will run as root/)
  await user.apply(podOf('hooked', { lifecycle: { postStart: { exec: { command: ['true'] } } } }))
  expect((await waitingFor('hooked', 'CreateContainerConfigError')).state.waiting?.message).toContain('postStart')
})

test('more memory than the limit is killed as out of memory', async () => {
  const command = ['node', '-e', 'const a = Buffer.alloc(2e8, 1); setTimeout(() => a, 60000)']
  await user.apply(podOf('hungry', { command, resources: { limits: { memory: '100Mi' } } }))
  const status = await until(async () =>
    (await stateOf('hungry'))?.lastState.terminated ? stateOf('hungry') : undefined,
  )
  expect(status.lastState.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' })
})

test('a missing ConfigMap or key holds a container back until it is there', async () => {
  const env = [{ name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'paint', key: 'colour' } } }]
  await user.apply(podOf('painted', { env, command: ['sh', '-c', 'echo it is $COLOUR; sleep 60'] }))
  const held = await waitingFor('painted', 'CreateContainerConfigError')
  expect(held.state.waiting?.message).toBe('configmap "paint" not found')
  const paint = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'paint' }, data })
  await user.apply(paint({ other: 'x' }))
  await until(async () =>
    (await stateOf('painted'))?.state.waiting?.message === "couldn't find key colour in ConfigMap default/paint"
      ? true
      : undefined,
  )
  await user.apply(paint({ colour: 'red' }))
  await until(async () => ((await user.kubectl('logs', 'painted')).stdout === 'it is red\n' ? true : undefined))

  const volumes = [{ name: 'keys', secret: { secretName: 'vault' } }]
  await user.apply(podOf('vaulted', {}, { volumes }))
  await told('vaulted', /^FailedMount: MountVolume\.SetUp failed for volume "keys" : secret "vault" not found$/)
})

test('files of ConfigMaps, Secrets and the pod itself lie where they are mounted, and empty folders are shared', async () => {
  await user.apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { 'a.txt': 'from a ConfigMap' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'password' }, stringData: { word: 'sesame' } },
    podOf(
      'mounted',
      {
        command: ['sh', '-c', 'cat /etc/shop/a.txt /secret/word /pod/labels /shared/note; echo; sleep 60'],
        env: [
          { name: 'GREETING', value: 'hello $(WHO)' },
          { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        ],
        volumeMounts: [
          { name: 'settings', mountPath: '/etc/shop' },
          { name: 'all', mountPath: '/pod' },
          { name: 'password', mountPath: '/secret' },
          { name: 'shared', mountPath: '/shared' },
        ],
      },
      {
        volumes: [
          { name: 'settings', configMap: { name: 'settings' } },
          { name: 'password', secret: { secretName: 'password' } },
          { name: 'shared', emptyDir: {} },
          {
            name: 'all',
            projected: {
              sources: [{ downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } }],
            },
          },
        ],
        initContainers: [
          {
            name: 'first',
            image: 'shop/service:v1',
            command: ['sh', '-c', 'printf "left by the first" > /shared/note'],
            volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
          },
        ],
      },
    ),
  )
  const expected = 'from a ConfigMapsesameapp="mounted"left by the first\n'
  await until(async () => ((await user.kubectl('logs', 'mounted')).stdout === expected ? true : undefined))
})

test('an init container that fails keeps the others from starting', async () => {
  const initContainers = [{ name: 'first', image: 'shop/service:v1', command: ['sh', '-c', 'exit 7'] }]
  await user.apply(podOf('uninitialised', {}, { initContainers }))
  const pod = await until(async () => {
    const one = await user.onlyPod('uninitialised')
    return one.status?.initContainerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff' ? one : undefined
  })
  expect(pod.status?.initContainerStatuses?.[0]?.lastState.terminated?.exitCode).toBe(7)
  expect(pod.status?.phase).toBe('Pending')
  expect(pod.status?.containerStatuses?.[0]?.state.waiting?.reason).toBe('PodInitializing')
  await user.apply(podOf('once', {}, { initContainers, restartPolicy: 'Never' }))
  await until(async () => ((await user.onlyPod('once')).status?.phase === 'Failed' ? true : undefined))
})

test('never ready ends at the progress deadline with what the probe saw', async () => {
  const readinessProbe = { httpGet: { path: '/broken', port: 'http' }, periodSeconds: 1 }
  await user.apply(...deploymentOf('unready', { container: { readinessProbe } }))
  const { stderr } = await user.kubectl('rollout', 'status', 'deployment/unready', '--timeout=15s')
  expect(stderr).toContain('exceeded its progress deadline')
  await told('unready', /^Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503$/)
  expect((await stateOf('unready'))?.state.running).toBeDefined()
})

test('a container that fails its liveness or startup probe is killed and started again', async () => {
  const probe = (path: string) => ({ httpGet: { path, port: 8080 }, periodSeconds: 1, failureThreshold: 1 })
  await user.apply(
    podOf('lifeless', { livenessProbe: probe('/broken') }),
    podOf('slow', {
      startupProbe: { ...probe('/'), exec: undefined, httpGet: undefined, tcpSocket: { port: 81 } },
    }),
  )
  for (const [name, kind] of [['lifeless', 'liveness'] as const, ['slow', 'startup'] as const]) {
    await until(async () => (((await stateOf(name))?.restartCount ?? 0) > 0 ? true : undefined))
    await told(name, new RegExp(`^Killing: Container main failed ${kind} probe, will be restarted$`))
  }
  await told('slow', /^Unhealthy: Startup probe failed: dial tcp 10\.244\./)
})

test('what is too big for the node is not scheduled', async () => {
  await user.apply(podOf('big', { resources: { requests: { cpu: '64', memory: '1Ti' } } }))
  await told('big', /^FailedScheduling: .*Insufficient cpu, 1 Insufficient memory/)
})

test('logs are followed to the end, and the hook before the end is waited for', async () => {
  const lifecycle = { preStop: { httpGet: { path: '/say', port: 'http' } } }
  const readinessProbe = { exec: { command: ['sh', '-c', 'test -f /app/server.cjs'] }, periodSeconds: 1 }
  await user.apply(...deploymentOf('polite', { container: { lifecycle, readinessProbe } }))
  await user.kubectl('rollout', 'status', 'deployment/polite', '--timeout=15s')
  const { metadata } = await user.onlyPod('polite')
  const following = user.streamed('logs', '-f', metadata.name)
  let seen = ''
  following.stdout?.on('data', (chunk: Buffer) => {
    seen += chunk.toString()
  })
  await until(() => (seen.includes('serving v1') ? true : undefined))
  await user.kubectl('delete', 'pod', metadata.name)
  await until(() => (following.exitCode === 0 ? true : undefined))
  expect(seen).toBe('serving v1\nasked to say it\ntold to end\n')
})

test('pods that are deleted while they start are gone, too', async () => {
  const names = Array.from({ length: 8 }, (_, number) => `brief-${number}`)
  await user.apply(...names.map((name) => podOf(name, { command: ['sleep', '600'] })))
  for (const name of names) await user.kubectl('delete', 'pod', name, '--grace-period=1', '--wait=false')
  const listed = async () => (await user.kubectl('get', 'pods', '-o', 'name')).stdout
  await until(async () => ((await listed()).includes('brief') ? undefined : true))
})

test('a process that ignores the end is killed when its time is up', async () => {
  await user.apply(podOf('stubborn', { command: ['sh', '-c', 'trap "" TERM; echo here; while :; do sleep 1; done'] }))
  await until(async () => ((await user.kubectl('logs', 'stubborn')).stdout === 'here\n' ? true : undefined))
  const from = performance.now()
  expect(await user.kubectl('delete', 'pod', 'stubborn', '--timeout=10s')).toMatchObject({ code: 0 })
  expect(performance.now() - from).toBeGreaterThan(1900)
  expect(await user.pods('stubborn')).toEqual([])
})

test('a killed process, an evicted pod and a lost node are seen as such', async () => {
  await user.apply(...deploymentOf('struck'))
  await user.kubectl('rollout', 'status', 'deployment/struck', '--timeout=15s')
  const first = (await user.onlyPod('struck')).metadata.name
  await cluster.kubelet.killContainer('default', first, 'main')
  const again = await until(async () => ((await stateOf('struck'))?.restartCount === 1 ? stateOf('struck') : undefined))
  expect(again.lastState.terminated?.exitCode).toBe(137)

  await cluster.kubelet.evict('default', first, 'The node was low on resource: memory. ')
  const evicted = await until(async () => {
    const pod = (await user.pods('struck')).find(({ metadata }) => metadata.name === first)
    return pod?.status?.phase === 'Failed' ? pod : undefined
  })
  expect(evicted.status?.reason).toBe('Evicted')
  await user.kubectl('rollout', 'status', 'deployment/struck', '--timeout=15s')
  expect(await user.get('struck', '/')).toMatchObject({ code: 0 })

  const node = async (path: string) => (await user.kubectl('get', 'node', '-o', `jsonpath={.items[0].${path}}`)).stdout
  const isReady = () => node('status.conditions[?(@.type=="Ready")].status')
  await cluster.kubelet.setReady(false)
  expect(await isReady()).toBe('False')
  const taints = () => node('spec.taints[*].key')
  await until(async () => ((await taints()).includes('node.kubernetes.io/not-ready') ? true : undefined))
  await cluster.kubelet.setReady(true)
  expect(await isReady()).toBe('True')
  await until(async () => ((await taints()) === '' ? true : undefined))
})

test('a killed kubelet starts its pods again, and a killed API server knows everything it knew', async () => {
  await user.apply(...deploymentOf('survivor'))
  await user.kubectl('rollout', 'status', 'deployment/survivor', '--timeout=15s')
  const before = await user.onlyPod('survivor')
  await cluster.kubelet.restart()
  const after = await until(async () => {
    const [status] = (await user.onlyPod('survivor')).status?.containerStatuses ?? []
    return status?.restartCount === 1 && status.ready ? status : undefined
  })
  expect(after.lastState.terminated?.reason).toBe('ContainerStatusUnknown')
  const pod = await user.onlyPod('survivor')
  expect(pod.metadata.uid).toBe(before.metadata.uid)
  expect(pod.status?.podIP).toBe(before.status?.podIP)
  expect(await until(async () => ((await user.get('survivor', '/')).code === 0 ? true : undefined))).toBe(true)

  await cluster.restartApiServer()
  await until(async () => ((await user.get('survivor', '/')).code === 0 ? true : undefined))
  expect(await user.kubectl('scale', 'deployment/survivor', '--replicas=2')).toMatchObject({ code: 0 })
  expect(await user.kubectl('rollout', 'status', 'deployment/survivor', '--timeout=15s')).toMatchObject({ code: 0 })
})

test('who may list pods may do nothing else, and every call is written down', async () => {
  const { kubeconfig } = cluster.asUser('watcher')
  expect(await user.kubectl('--kubeconfig', kubeconfig, 'get', 'pods')).toMatchObject({ code: 0 })
  const refused = await user.kubectl('--kubeconfig', kubeconfig, 'get', 'secrets')
  expect(refused.stderr).toContain('User "watcher" cannot list resource "secrets"')
  const calls = cluster.calls().filter(({ user: who }) => who === 'watcher')
  expect(calls).toContainEqual(
    expect.objectContaining({ verb: 'list', resource: 'pods', namespace: 'default', status: 200 }),
  )
  expect(calls).toContainEqual(expect.objectContaining({ verb: 'list', resource: 'secrets', status: 403 }))
  expect(() => cluster.asUser('nobody')).toThrow('nobody')
  expect(cluster.calls().some(({ groups }) => groups.includes('system:nodes'))).toBe(false)
  await expect(cluster.api.get('/api/v1/namespaces/default/pods/nothing')).rejects.toBeInstanceOf(ApiError)
})
