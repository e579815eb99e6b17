import { request } from 'node:http'
import { join } from 'node:path'
import type { PullTrouble } from './image-store.ts'

/** What a test may do to a node. */
export interface KubeletControl {
  /** Makes pulls fail. */
  readonly failPulls: (trouble: PullTrouble) => Promise<void>
  readonly clearPulls: () => Promise<void>
  /** Kills a container's processes, as whatever kills processes does. */
  readonly killContainer: (namespace: string, pod: string, container: string) => Promise<void>
  /** Puts an end to a pod, as a node does that runs out of something. */
  readonly evict: (namespace: string, pod: string, message: string) => Promise<void>
  /** Cuts the node off from the API server, or connects it again. */
  readonly setReady: (isReady: boolean) => Promise<void>
}

export const controlSocket = (folder: string): string => join(folder, 'control.sock')

/** The id of the process that answers. */
export const kubeletPid = async (folder: string): Promise<number> => Number(await ask(folder, 'pid'))

const ask = (folder: string, name: string, members: object = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = request({ socketPath: controlSocket(folder), path: `/${name}`, method: 'POST' }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))))
    })
    sent.on('error', reject)
    sent.end(JSON.stringify(members))
  })

/** The control of a kubelet that runs in a folder. Rejects with what it says when it refuses. */
export const connectKubelet = (folder: string): KubeletControl => ({
  failPulls: async (trouble) => void (await ask(folder, 'fail-pulls', trouble)),
  clearPulls: async () => void (await ask(folder, 'clear-pulls')),
  killContainer: async (namespace, pod, container) => void (await ask(folder, 'kill', { namespace, pod, container })),
  evict: async (namespace, pod, message) => void (await ask(folder, 'evict', { namespace, pod, message })),
  setReady: async (isReady) => void (await ask(folder, 'ready', { isReady })),
})
