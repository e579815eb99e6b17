import { randomBytes } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, createApi, type KubernetesObject, pathOf } from '../api.ts'
import type { EksLogin } from '../authenticator/options.ts'
import { connectKubelet, type KubeletControl, kubeletPid } from '../kubelet/control-client.ts'
import type { ImageOptions, KubeletOptions, NodeCapacity } from '../kubelet/options.ts'
import { freePort } from '../processes.ts'
import { type ClusterCall, readCalls } from './audit.ts'
import {
  type ControlPlane,
  type Home,
  type Identity,
  kubeconfig,
  killPart,
  layoutOf,
  startApiServer,
  startControllers,
  startPart,
  startEtcd,
  prepare,
  write,
} from './control-plane.ts'
import { clear, newFolder } from './folder.ts'

export interface ClusterOptions {
  /** Of `ensureBinary`. */
  readonly binary: string
  readonly images: ImageOptions
  /** Programs of this machine that stand in for those of images, by name: `{ python: '/…/bin/python' }`. */
  readonly interpreters?: Readonly<Record<string, string>>
  /** Who has a token besides the administrator, and in which groups. */
  readonly users?: Readonly<Record<string, readonly string[]>>
  /** Lets sessions of AWS roles in, as EKS does. */
  readonly eks?: EksLogin
  /** Created at the start: bindings for the groups above, for example. */
  readonly objects?: readonly KubernetesObject[]
  readonly capacity?: NodeCapacity
  /** First wait before a container is restarted or an image pulled again; it doubles. A kubelet's is 10 s. */
  readonly backOffMs?: number
  /** Rules of the audit policy that come before the usual ones, for who reads the log itself. */
  readonly auditRules?: readonly object[]
}

/** Who somebody is to the cluster, and how they reach it. */
export interface Access {
  readonly token: string
  /** Path of a kubeconfig file. */
  readonly kubeconfig: string
}

/** What a test may do to the node, without any object of the cluster saying so. */
export interface Kubelet extends KubeletControl {
  readonly pid: () => number
  /** Kills it and starts it again, as a node that is rebooted: its containers end. */
  readonly restart: () => Promise<void>
}

export interface Cluster extends Access {
  readonly endpoint: string
  /** Path of the certificate that signed the API server's. */
  readonly caFile: string
  /** With a kubectl of the cluster's own version in it; for the PATH. */
  readonly bin: string
  /** As administrator. */
  readonly api: Api
  readonly asUser: (name: string) => Access
  /** What was asked of the API server, by everybody but the cluster's own parts. */
  readonly calls: () => readonly ClusterCall[]
  /** Path of the audit log, one event a line. */
  readonly auditLog: string
  readonly kubelet: Kubelet
  /** Kills the API server and starts it again at the same address. */
  readonly restartApiServer: () => Promise<void>
  /** Ends everything that runs in it and removes its files. */
  readonly down: () => void
}

const POLL_MS = 25
const START_MS = 90_000
const RESTARTS = 5

const newIdentity = (name: string, groups: readonly string[]): Identity => ({
  name,
  groups,
  token: randomBytes(16).toString('hex'),
})

/** What each part of a cluster said last. */
const lastWords = (folder: string): string =>
  globSync(join(folder, '*.log'))
    .filter((log) => !log.endsWith('audit.log'))
    .map((log) => `\n${log}:\n${readFileSync(log, 'utf8').slice(-1000)}`)
    .join('')

/** A part of a cluster that has ended by itself. */
const endedPart = ({ parts }: Home): string | undefined =>
  [...parts].find(([, { exitCode, signalCode }]) => exitCode !== null || signalCode !== null)?.[0]

/** Waits for `look` to be true; what it throws counts as not yet. */
const until = async (what: string, home: Home, look: () => Promise<boolean> | boolean): Promise<void> => {
  const end = performance.now() + START_MS
  let last: unknown
  while (performance.now() < end && endedPart(home) === undefined) {
    try {
      if (await look()) return
    } catch (error) {
      last = error
    }
    await sleep(POLL_MS)
  }
  const ended = endedPart(home)
  const why = ended === undefined ? `${String(last)} after ${START_MS / 1000} s` : `${ended} has ended`
  throw new Error(`${what} | ${why}${lastWords(home.folder)}`)
}

/** Ends the cluster with its owner, unless somebody else listens to the signal and so takes care of the end. */
const endWithOwner = (folder: string): (() => void) => {
  const end = () => clear(folder)
  const onSignal = (name: NodeJS.Signals) => {
    if (process.listenerCount(name) > 1) return
    end()
    process.off(name, onSignal)
    process.kill(process.pid, name)
  }
  process.on('exit', end)
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal)
  return () => {
    process.off('exit', end)
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal)
  }
}

const startAuthenticator = async (home: Home, login: EksLogin | undefined): Promise<string | undefined> => {
  if (login === undefined) return undefined
  const port = await freePort()
  const { folder } = home
  const options = write(folder, 'authenticator.json', { ...login, port })
  startPart(home, 'authenticator', [process.execPath, join(import.meta.dirname, '../authenticator/main.ts'), options])
  return write(folder, 'authenticator.kubeconfig', {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'authenticator', cluster: { server: `http://127.0.0.1:${port}/` } }],
    users: [{ name: 'api-server', user: {} }],
    contexts: [{ name: 'local', context: { cluster: 'authenticator', user: 'api-server' } }],
    'current-context': 'local',
  })
}

const NODE = 'local-node'
const KUBELET = join(import.meta.dirname, '../kubelet/main.ts')
const NODE_READY = `/api/v1/nodes/${NODE}`

interface Node {
  readonly spec: { readonly taints?: readonly unknown[] }
}

const bringUp = async (home: Home, options: ClusterOptions, down: () => void): Promise<Cluster> => {
  const { folder } = home
  const layout = layoutOf(home, await freePort())
  const admin = newIdentity('admin', ['system:masters'])
  const setUp = newIdentity('local-cluster', ['system:masters'])
  const node = newIdentity(`system:node:${NODE}`, ['system:nodes'])
  const controllerManager = newIdentity('system:kube-controller-manager', ['system:masters'])
  const scheduler = newIdentity('system:kube-scheduler', [])
  const users = Object.entries(options.users ?? {}).map(([name, groups]) => newIdentity(name, groups))
  const plane: ControlPlane = {
    ...layout,
    binary: options.binary,
    identities: [admin, setUp, node, controllerManager, scheduler, ...users],
    controllerManager,
    scheduler,
    webhook: await startAuthenticator(home, options.eks),
    auditRules: options.auditRules ?? [],
  }
  prepare(plane)
  const etcd = await startEtcd(plane)
  startApiServer(plane, etcd)
  // The key is written after it: a certificate that is there may still be half.
  const key = layout.caFile.replace(/\.crt$/, '.key')
  await until('the API server has no certificate', home, () => existsSync(key))
  const ca = readFileSync(layout.caFile, 'utf8')
  const apiOf = ({ token }: Identity) => createApi({ endpoint: layout.endpoint, ca, token })
  const ours = apiOf(setUp)
  const isReady = () => ours.get<string>('/readyz').then((text) => text === 'ok')
  const apiServerIsUp = () => until('the API server is not ready', home, isReady)

  const kubeletOptions: KubeletOptions = {
    node: NODE,
    folder: join(folder, 'node'),
    endpoint: layout.endpoint,
    caFile: layout.caFile,
    token: node.token,
    egress: layout.egress,
    images: options.images,
    interpreters: options.interpreters ?? {},
    capacity: options.capacity ?? {},
    backOffMs: options.backOffMs ?? 1000,
  }
  const optionsFile = write(folder, 'kubelet.json', kubeletOptions)
  const startKubelet = () => startPart(home, 'kubelet', [process.execPath, KUBELET, optionsFile])
  const pidOfKubelet = () => home.parts.get('kubelet')?.pid ?? 0
  startKubelet()
  const nodeIsUp = () =>
    until(
      'the node is not ready',
      home,
      async () => ((await ours.get<Node>(NODE_READY)).spec.taints ?? []).length === 0,
    )

  await apiServerIsUp()
  // Not sooner: they end when the API server refuses them what its roles do not grant yet.
  startControllers(plane)
  await until('the controllers do not work', home, () =>
    ours.get('/api/v1/namespaces/default/serviceaccounts/default').then(() => true),
  )
  await nodeIsUp()
  for (const object of options.objects ?? [])
    await ours.create(pathOf({ ...object, namespace: object.metadata.namespace }), object)

  const accessOf = (who: Identity): Access => ({ token: who.token, kubeconfig: kubeconfig(layout, who) })
  const control = connectKubelet(kubeletOptions.folder)
  return {
    ...accessOf(admin),
    endpoint: layout.endpoint,
    caFile: layout.caFile,
    bin: join(folder, 'bin'),
    api: apiOf(admin),
    asUser: (name) => {
      const user = users.find((one) => one.name === name)
      if (user === undefined) throw new Error(`the cluster was started without a user ${name}`)
      return accessOf(user)
    },
    calls: () => readCalls(layout.auditLog),
    auditLog: layout.auditLog,
    kubelet: {
      ...control,
      pid: pidOfKubelet,
      restart: async () => {
        killPart(home, 'kubelet')
        startKubelet()
        await until(
          'the kubelet is not back',
          home,
          async () => (await kubeletPid(kubeletOptions.folder)) === pidOfKubelet(),
        )
      },
    },
    restartApiServer: async () => {
      killPart(home, 'kube-apiserver')
      for (let attempt = 1; ; attempt += 1) {
        startApiServer(plane, etcd)
        try {
          return await apiServerIsUp()
        } catch (error) {
          // A connection of somebody else may have been given its port meanwhile.
          if (attempt === RESTARTS || endedPart(home) !== 'kube-apiserver') throw error
          await sleep(1000)
        }
      }
    },
    down,
  }
}

/**
 * Starts a Kubernetes cluster of one node on this machine, in a folder of its own. It ends with `down`, with this process,
 * or, should that be killed, at the next start of a cluster by the same user. Throws one sentence that names the logs.
 */
export const startCluster = async (options: ClusterOptions): Promise<Cluster> => {
  const folder = newFolder()
  const forget = endWithOwner(folder)
  const down = () => {
    forget()
    clear(folder)
  }
  try {
    return await bringUp({ folder, parts: new Map() }, options, down)
  } catch (error) {
    down()
    throw error
  }
}
