import { readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { chooseLines, followLog, keptLines, type LogOptions, type LogReader } from './logs.ts'
import type { ContainerStatus } from './pod.ts'
import type { PodWorker } from './pod-worker.ts'

export interface KubeletApiOptions {
  /** Unix socket to listen on. */
  readonly socket: string
  readonly certificate: string
  readonly key: string
  readonly find: (namespace: string, name: string) => PodWorker | undefined
}

const FOLLOW_MS = 100

const numberOf = (query: URLSearchParams, name: string): number | undefined =>
  query.has(name) ? Number(query.get(name)) : undefined

const sinceOf = (query: URLSearchParams): number | undefined => {
  const seconds = numberOf(query, 'sinceSeconds')
  const time = query.get('sinceTime')
  if (seconds !== undefined) return Date.now() - seconds * 1000
  return time === null ? undefined : Date.parse(time)
}

const optionsOf = (query: URLSearchParams): LogOptions => ({
  timestamps: query.get('timestamps') === 'true',
  tailLines: numberOf(query, 'tailLines'),
  since: sinceOf(query),
  limitBytes: numberOf(query, 'limitBytes'),
})

const WAITING: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
}

/** Why there is no log, as the real kubelet's validateContainerLogStatus says it. */
const noLog = (pod: string, { name, state }: ContainerStatus, previous: boolean): string => {
  if (previous) return `previous terminated container "${name}" in pod "${pod}" not found`
  const reason = state.waiting?.reason ?? 'no logs yet'
  return `container "${name}" in pod "${pod}" is waiting to start: ${WAITING[reason] ?? reason}`
}

const follow = async (reader: LogReader, options: LogOptions, isOver: () => boolean, response: ServerResponse) => {
  for (let over = false; !over && !response.destroyed;) {
    // Asked before it is read: what the process said last must not be missed.
    over = isOver()
    response.write(chooseLines(reader.next(), { ...options, tailLines: undefined }))
    if (!over) await sleep(FOLLOW_MS)
  }
  reader.close()
}

const answer = async (url: URL, response: ServerResponse, find: KubeletApiOptions['find']): Promise<void> => {
  const [, verb, namespace = '', podName = '', containerName = ''] = url.pathname.split('/').map(decodeURIComponent)
  const fail = (status: number, message: string) => void response.writeHead(status).end(message)
  if (verb !== 'containerLogs') return fail(501, `the process kubelet does not serve ${verb}`)
  const container = find(namespace, podName)?.container(containerName)
  if (container === undefined) return fail(404, `container ${containerName} not found in pod ${podName}_${namespace}`)
  const previous = url.searchParams.get('previous') === 'true'
  const file = container.logFile(previous)
  if (file === undefined) return fail(400, noLog(podName, container.status(), previous))
  const options = optionsOf(url.searchParams)
  response.writeHead(200, { 'content-type': 'text/plain' })
  const isFollowed = url.searchParams.get('follow') === 'true' && !previous
  // Opened before the rest is read: nothing falls between the two.
  const reader = isFollowed ? followLog(file) : undefined
  response.write(Buffer.from(chooseLines(keptLines(file), options)).subarray(0, options.limitBytes))
  const isOver = () => container.logFile(false) !== file || container.status().state.running === undefined
  if (reader !== undefined) await follow(reader, options, isOver, response)
  response.end()
}

/** Serves what `kubectl logs` asks a node for; everything else is refused by name. */
export const serveKubeletApi = async ({ socket, certificate, key, find }: KubeletApiOptions): Promise<void> => {
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    answer(new URL(request.url ?? '/', 'https://kubelet'), response, find).catch((error: unknown) => {
      console.log(`${request.url}: ${String(error)}`)
      response.destroy()
    })
  }
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, onRequest)
  rmSync(socket, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
}
