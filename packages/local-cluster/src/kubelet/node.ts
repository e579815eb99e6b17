import { type Api, ApiError } from '../api.ts'
import { nodeArchitecture } from '../image/ecr.ts'
import type { NodeCapacity } from './options.ts'
import { timestamp } from './pod.ts'

/** Address of the node; like those of pods it exists only for the API server. */
export const HOST_IP = '10.244.255.1'
export const KUBELET_PORT = 10250

const HEARTBEAT_MS = 10_000
const LEASE_SECONDS = 40

export const capacityOf = (given: NodeCapacity): Readonly<Record<string, string>> => ({
  cpu: given.cpu ?? '8',
  memory: given.memory ?? '16Gi',
  pods: given.pods ?? '110',
  'ephemeral-storage': '50Gi',
})

const PRESSURES = [
  ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
] as const

const statusOf = (capacity: Readonly<Record<string, string>>, isReady: boolean, since: string) => {
  const times = { lastHeartbeatTime: timestamp(Date.now()), lastTransitionTime: since }
  return {
    capacity,
    allocatable: capacity,
    addresses: [
      { type: 'InternalIP', address: HOST_IP },
      { type: 'Hostname', address: 'localhost' },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: KUBELET_PORT } },
    nodeInfo: {
      architecture: nodeArchitecture(),
      operatingSystem: 'linux',
      kubeletVersion: 'v1.35.4-process',
      containerRuntimeVersion: 'process://1',
      osImage: 'processes of this machine',
      ...{ kernelVersion: '', kubeProxyVersion: '', bootID: '', machineID: '', systemUUID: '' },
    },
    conditions: [
      ...PRESSURES.map(([type, reason, message]) => ({ type, status: 'False', reason, message, ...times })),
      isReady
        ? {
            type: 'Ready',
            status: 'True',
            reason: 'KubeletReady',
            message: 'kubelet is posting ready status',
            ...times,
          }
        : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'container runtime is down', ...times },
    ],
  }
}

export interface NodeOptions {
  readonly api: Api
  readonly name: string
  readonly capacity: Readonly<Record<string, string>>
}

export interface ClusterNode {
  readonly isReady: () => boolean
  /** Says at once that it is not ready, and then no more until it is. */
  readonly setReady: (isReady: boolean) => Promise<void>
}

const orElse = async (first: () => Promise<unknown>, status: number, other: () => Promise<unknown>): Promise<void> => {
  try {
    await first()
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== status) throw error
    await other()
  }
}

/** Registers the node and lets the cluster know that it lives. */
export const registerNode = async ({ api, name, capacity }: NodeOptions): Promise<ClusterNode> => {
  let isReady = true
  let since = timestamp(Date.now())
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': nodeArchitecture(),
  }
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } }
  const post = () =>
    api.patch(`/api/v1/nodes/${name}/status`, 'strategic-merge', { status: statusOf(capacity, isReady, since) })
  const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
  const renew = async () => {
    const renewTime = `${new Date().toISOString().slice(0, -1)}000Z`
    const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime }
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec }
    await orElse(
      () => api.patch(`${leases}/${name}`, 'merge', { spec }),
      404,
      () => api.create(leases, lease),
    )
  }
  await orElse(
    () => api.create('/api/v1/nodes', node),
    409,
    async () => undefined,
  )
  await post()
  const beat = async () => {
    if (!isReady) return
    await renew()
    await post()
  }
  const beatQuietly = () => void beat().catch((error: unknown) => console.log(`heartbeat: ${String(error)}`))
  beatQuietly()
  setInterval(beatQuietly, HEARTBEAT_MS)
  return {
    isReady: () => isReady,
    setReady: async (next) => {
      isReady = next
      since = timestamp(Date.now())
      await post()
    },
  }
}
