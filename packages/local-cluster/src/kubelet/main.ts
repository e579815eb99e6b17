// The process kubelet of a local cluster: runs the containers of the pods that are bound to its node as processes.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, ApiError, createApi } from '../api.ts'
import { killMarked, MARK } from '../cluster/folder.ts'
import { ecrImages } from '../image/ecr.ts'
import type { ImageSource } from '../image/source.ts'
import { tableImages } from '../image/table.ts'
import type { NodeServices } from './container.ts'
import { controlSocket } from './control-client.ts'
import { serveControl } from './control-server.ts'
import type { Place } from './downward.ts'
import { serveEgress } from './egress.ts'
import { createEvents } from './events.ts'
import { createImageStore, type PullTrouble } from './image-store.ts'
import { serveKubeletApi } from './kubelet-api.ts'
import { createMemoryWatch } from './memory.ts'
import { capacityOf, HOST_IP, registerNode } from './node.ts'
import type { ImageOptions, KubeletOptions } from './options.ts'
import type { Pod } from './pod.ts'
import { createPodWorker, type PodWorker } from './pod-worker.ts'
import { createRoutes } from './routes.ts'
import { watchPods } from './watch-pods.ts'

/** The variable by which a kubelet finds what containers an earlier one left running. */
const POD_MARK = 'MLOPS_LOCAL_NODE'

const sourceOf = (images: ImageOptions): ImageSource =>
  images.kind === 'ecr' ? ecrImages(images) : tableImages(images.file)

/** Addresses for pods, each given once. */
const addresses = () => {
  const used = new Set<string>()
  let last = 1
  return (wanted: string | undefined): string => {
    const next = () => {
      last += 1
      return `10.244.${(last >> 8) & 255}.${last & 255}`
    }
    let address = wanted ?? next()
    while (used.has(address)) address = next()
    used.add(address)
    return address
  }
}

const untilReady = async (api: Api): Promise<void> => {
  for (;;)
    try {
      await api.get('/readyz')
      return
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) throw error
      await sleep(25)
    }
}

const run = async (options: KubeletOptions): Promise<never> => {
  killMarked(POD_MARK, options.folder)
  rmSync(options.folder, { recursive: true, force: true })
  mkdirSync(options.folder, { recursive: true, mode: 0o700 })
  const capacity = capacityOf(options.capacity)
  const workers = new Map<string, PodWorker>()
  const find = (namespace: string, name: string): PodWorker | undefined =>
    [...workers.values()].find(({ pod }) => pod().metadata.name === name && pod().metadata.namespace === namespace)
  const routes = createRoutes()
  const kubelet = join(options.folder, 'kubelet.sock')
  const images = createImageStore(sourceOf(options.images), join(options.folder, 'images'))
  const { node: name, endpoint, caFile, token, egress } = options

  while (!existsSync(caFile)) await sleep(25)
  const api = createApi({ endpoint, token, ca: readFileSync(caFile, 'utf8') })
  const events = createEvents(api, name)
  await serveEgress({ socket: egress, node: name, kubelet, routes })
  await serveKubeletApi({
    ...{ socket: kubelet, find },
    certificate: caFile,
    key: join(dirname(caFile), 'apiserver.key'),
  })
  await untilReady(api)
  const node = await registerNode({ api, name, capacity })
  const mustFind = (members: Readonly<Record<string, unknown>>): PodWorker => {
    const [namespace, pod] = [String(members['namespace']), String(members['pod'])]
    const found = find(namespace, pod)
    if (found === undefined) throw new Error(`no pod ${namespace}/${pod} on this node`)
    return found
  }
  await serveControl(controlSocket(options.folder), {
    pid: async () => String(process.pid),
    'fail-pulls': async (members) => images.trouble(members as unknown as PullTrouble),
    'clear-pulls': async () => images.clearTroubles(),
    kill: async (members) => {
      const wanted = String(members['container'])
      const container = mustFind(members).container(wanted)
      if (container === undefined) throw new Error(`no container ${wanted} in that pod`)
      container.kill()
    },
    evict: async (members) => mustFind(members).evict(String(members['message'])),
    ready: async ({ isReady }) => {
      await node.setReady(isReady === true)
      for (const worker of workers.values()) worker.resync()
    },
  })

  const services: NodeServices = {
    ...{ api, events, images, routes },
    memory: createMemoryWatch(),
    interpreters: options.interpreters,
    inherited: {
      PATH: process.env['PATH'] ?? '',
      LANG: 'C.UTF-8',
      [MARK]: process.env[MARK] ?? '',
      [POD_MARK]: options.folder,
      KUBERNETES_SERVICE_HOST: new URL(endpoint).hostname,
      KUBERNETES_SERVICE_PORT: new URL(endpoint).port,
    },
    backOffMs: options.backOffMs,
  }
  const addressFor = addresses()
  const begin = (pod: Pod) => {
    const { uid } = pod.metadata
    const place: Place = { node: name, hostIP: HOST_IP, podIP: addressFor(pod.status?.podIP), allocatable: capacity }
    const folder = join(options.folder, 'pods', uid)
    const onGone = () => workers.delete(uid)
    workers.set(uid, createPodWorker({ node: services, pod, place, folder, isConnected: node.isReady, onGone }))
  }
  return watchPods(api, name, {
    onPod: (pod) => {
      const worker = workers.get(pod.metadata.uid)
      if (worker === undefined) begin(pod)
      else worker.update(pod)
    },
    onGone: (uid) => workers.get(uid)?.remove(),
    onAll: (uids) => {
      for (const [uid, worker] of workers) if (!uids.has(uid)) worker.remove()
    },
  })
}

// As in the real kubelet, what goes wrong with one pod must not end the others.
for (const fault of ['uncaughtException', 'unhandledRejection'])
  process.on(fault, (error: unknown) => console.log('a fault of the kubelet:', error))
await run(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as KubeletOptions)
