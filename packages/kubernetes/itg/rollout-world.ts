import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Cluster, epochMs, expectationOf, type KubernetesObject, referenceOf } from '@mlops/core'
import { type Access, type Cluster as LocalCluster, ensureBinary, startCluster } from '@mlops/local-cluster'
import { connectCluster } from '../src/index.ts'
import { followRollout } from '../src/rollout/follow-rollout.ts'
import type { RolloutEnd } from '../src/rollout/rollout-api.ts'

/** A service that does what its command line says, once it is to be started. */
const SERVER = `
const http = require('node:http')
const { HOST, PORT, STATUS = '200', START_MS = '0' } = process.env
console.log('starting')
process.on('SIGTERM', () => process.exit(0))
setTimeout(() => http.createServer((request, response) => {
  response.statusCode = Number(STATUS)
  response.end('model of ' + process.env.HOSTNAME)
}).listen(Number(PORT), HOST), Number(START_MS))
`

const clock = {
  now: () => epochMs(Date.now()),
  sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
}

/** How a rollout ended, what was said meanwhile, and how long it took. */
export interface Ended {
  readonly end: RolloutEnd
  readonly lines: readonly string[]
  readonly ms: number
}

export interface RolloutWorld {
  readonly local: LocalCluster
  readonly cluster: Cluster
  /** A service, by its digest. */
  readonly image: string
  readonly digest: string
  readonly namespace: () => Promise<string>
  /** Applies objects of one release and follows their rollout; `as` somebody else than the administrator, when given. */
  readonly release: (
    objects: readonly KubernetesObject[],
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal; readonly as?: 'watcher' },
  ) => Promise<Ended>
  readonly down: () => void
}

const makeImage = (folder: string) => {
  const rootfs = join(folder, 'rootfs')
  mkdirSync(join(rootfs, 'app'), { recursive: true })
  writeFileSync(join(rootfs, 'app/server.cjs'), SERVER)
  const entry = { rootfs, config: { config: { Entrypoint: ['node', '/app/server.cjs'], WorkingDir: '/app' } } }
  // The digest that the table gives it.
  const digest = `sha256:${createHash('sha256').update(JSON.stringify(entry)).digest('hex')}`
  const image = `shop/model@${digest}`
  writeFileSync(join(folder, 'images.json'), JSON.stringify({ [image]: entry }))
  return { image, digest }
}

export const openRolloutWorld = async (): Promise<RolloutWorld> => {
  const folder = mkdtempSync(join(tmpdir(), 'rollout-'))
  const image = makeImage(folder)
  const local = await startCluster({
    binary: await ensureBinary({ progress: (line) => void process.stderr.write(`${line}\n`) }),
    images: { kind: 'table', file: join(folder, 'images.json') },
    interpreters: { node: process.execPath },
    users: { watcher: ['watchers'] },
    // Twice as long lies between the third and the fourth end of what crashes: a loaded machine, too, sees it at the third.
    backOffMs: 1000,
  })
  const connect = ({ kubeconfig }: Access) =>
    connectCluster(
      { kind: 'kubeconfig', text: readFileSync(kubeconfig, 'utf8') },
      { clock, random: { next: Math.random }, environment: {}, signal: new AbortController().signal },
    )
  const cluster = await connect(local)
  return {
    local,
    cluster,
    ...image,
    namespace: async () => {
      const name = `shop-${randomBytes(4).toString('hex')}`
      await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
      return name
    },
    release: async (objects, { timeoutMs = 30_000, signal = new AbortController().signal, as } = {}) => {
      const applied: KubernetesObject[] = []
      for (const object of objects) {
        const written = await cluster.apply(object, { force: true })
        if (written.kind === 'refused') throw new Error(written.refusal.message)
        applied.push(written.object)
      }
      const lines: string[] = []
      const from = performance.now()
      const options = {
        namespaces: [...new Set(applied.map(({ metadata }) => metadata.namespace ?? ''))],
        objects: applied.map((object) => referenceOf(object)),
        timeoutMs,
      }
      const expected = applied.flatMap((object) => expectationOf(object) ?? [])
      const context = { clock, log: { info: (line: string) => void lines.push(line), mask: () => undefined }, signal }
      const watcher = as === undefined ? cluster : await connect(local.asUser(as))
      const end = await followRollout(watcher, expected, options, context)
      return { end, lines, ms: performance.now() - from }
    },
    down: () => {
      local.down()
      rmSync(folder, { recursive: true })
    },
  }
}

export interface ModelOptions {
  readonly image: string
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet'
  readonly replicas?: number
  readonly container?: object
  readonly pod?: object
  readonly spec?: object
}

/** A workload named `model` whose pods serve at the port `http`. */
export const modelOf = (
  namespace: string,
  { image, kind = 'Deployment', replicas = 1, container = {}, pod = {}, spec = {} }: ModelOptions,
): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'model', namespace },
  spec: {
    ...(kind === 'DaemonSet' ? {} : { replicas }),
    ...(kind === 'StatefulSet' ? { serviceName: 'model' } : {}),
    selector: { matchLabels: { app: 'model' } },
    template: {
      metadata: { labels: { app: 'model' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'model',
            image,
            ports: [{ name: 'http', containerPort: 8080 }],
            env: [{ name: 'PORT', value: '8080' }],
            readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 },
            ...container,
          },
        ],
        ...pod,
      },
    },
    ...spec,
  },
})

/** The Service in front of it. */
export const serviceOf = (namespace: string, spec: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'model', namespace },
  spec: { selector: { app: 'model' }, ports: [{ port: 80, targetPort: 'http' }], ...spec },
})
