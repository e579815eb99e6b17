import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Cluster, ensureBinary, type ImageTable } from '../src/index.ts'
import type { Pod } from '../src/kubelet/pod.ts'

/** A service as an image would hold it: it answers /health, and everything else with what it sees. */
export const SERVER = `
const http = require('node:http'), fs = require('node:fs')
const { HOST, PORT, VERSION, SEES = '' } = process.env
console.log('serving ' + VERSION)
process.on('SIGTERM', () => { console.log('told to end'); process.exit(0) })
http.createServer((request, response) => {
  if (request.url === '/say') console.log('asked to say it')
  if (request.url === '/broken') response.statusCode = 503
  const sees = SEES && fs.existsSync(SEES) ? fs.readFileSync(SEES, 'utf8') : ''
  response.end(JSON.stringify({ version: VERSION, pod: process.env.HOSTNAME, sees }))
}).listen(Number(PORT), HOST)
`

/** Two versions of a service, and a table that names them as images. */
export const makeImages = (): { readonly folder: string; readonly table: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'images-'))
  const rootfs = join(folder, 'rootfs')
  mkdirSync(join(rootfs, 'app'), { recursive: true })
  writeFileSync(join(rootfs, 'app/server.cjs'), SERVER)
  const image = (version: string) => ({
    rootfs,
    config: { config: { Entrypoint: ['node', '/app/server.cjs'], Env: [`VERSION=${version}`], WorkingDir: '/app' } },
  })
  const images: ImageTable = { 'shop/service:v1': image('v1'), 'shop/service:v2': image('v2') }
  const table = join(folder, 'images.json')
  writeFileSync(table, JSON.stringify(images))
  return { folder, table }
}

/** The binary, with its progress on the terminal of whoever waits. */
export const binary = (): Promise<string> =>
  ensureBinary({ progress: (line) => void process.stderr.write(`${line}\n`) })

export const until = async <T>(look: () => Promise<T | undefined> | T | undefined, seconds = 20): Promise<T> => {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(50)
  }
  throw new Error('it did not happen in time')
}

export interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A cluster as its user sees it: through kubectl, and through the API. */
export const userOf = (cluster: Cluster) => {
  // kubectl keeps what it has discovered in its home.
  const home = dirname(cluster.kubeconfig)
  const path = `${cluster.bin}:${process.env['PATH']}`
  const options = { env: { PATH: path, HOME: home, KUBECONFIG: cluster.kubeconfig } }
  const kubectl = async (...args: readonly string[]): Promise<Result> => {
    try {
      return { code: 0, ...(await promisify(execFile)('kubectl', args, options)) }
    } catch (error) {
      const { code, stdout, stderr } = error as Result
      return { code, stdout, stderr }
    }
  }
  const streamed = (...args: readonly string[]): ChildProcess =>
    spawn('kubectl', args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] })
  const apply = async (...objects: readonly object[]): Promise<void> => {
    const file = join(home, 'manifest.json')
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
    const { code, stderr } = await kubectl('apply', '-f', file)
    if (code !== 0) throw new Error(stderr)
  }
  const pods = async (label: string): Promise<readonly Pod[]> =>
    (await cluster.api.get<{ items: readonly Pod[] }>(`/api/v1/namespaces/default/pods?labelSelector=app%3D${label}`))
      .items
  const onlyPod = async (label: string): Promise<Pod> => {
    const [pod] = await pods(label)
    if (pod === undefined) throw new Error(`no pod of ${label}`)
    return pod
  }
  /** Events of the pods of an app, as `reason: message`. */
  const events = async (name: string): Promise<readonly string[]> => {
    const { items } = await cluster.api.get<{
      items: readonly { reason: string; message: string; involvedObject: { name: string } }[]
    }>('/api/v1/namespaces/default/events')
    return items
      .filter(({ involvedObject }) => involvedObject.name.startsWith(name))
      .map(({ reason, message }) => `${reason}: ${message}`)
  }
  const get = async (service: string, asked: string): Promise<Result> =>
    kubectl('get', '--raw', `/api/v1/namespaces/default/services/${service}/proxy${asked}`)
  return { kubectl, streamed, apply, pods, onlyPod, events, get }
}

/** A pod that does one thing and is told apart by its label. */
export const podOf = (name: string, container: object, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 2,
    ...spec,
    containers: [{ name: 'main', image: 'shop/service:v1', ports: [{ containerPort: 8080 }], ...container }],
  },
})

export interface ServiceOptions {
  readonly replicas?: number
  readonly image?: string
  readonly container?: object
}

/** A Deployment of the service and the Service before it. */
export const deploymentOf = (name: string, { replicas = 1, image, container }: ServiceOptions = {}) => [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      progressDeadlineSeconds: 4,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 2,
          containers: [
            {
              name: 'main',
              image: image ?? 'shop/service:v1',
              ports: [{ name: 'http', containerPort: 8080 }],
              readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 },
              ...container,
            },
          ],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 'http' }] },
  },
]
