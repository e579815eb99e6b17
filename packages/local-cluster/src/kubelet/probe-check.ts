import { type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import type { Handler, HttpGet } from './pod.ts'

/** What is probed or called: a container that runs. */
export interface Target {
  readonly podIP: string
  /** The port that a probe names, by number or name, and the one of 127.0.0.1 that stands for it, if any. */
  readonly port: (given: number | string) => { readonly number: number | string; readonly local: number | undefined }
  readonly execute: (command: readonly string[], timeoutMs: number) => Promise<{ code: number; output: string }>
}

/** Undefined when it succeeded, otherwise what went wrong. */
export type Checked = Promise<string | undefined>

const why = (error: NodeJS.ErrnoException, address: string) =>
  error.code === 'ECONNREFUSED'
    ? `dial tcp ${address}: connect: connection refused`
    : error.code === 'ECONNRESET'
      ? `read tcp ${address}: read: connection reset by peer`
      : error.message

const LATE = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'

const ask = (get: HttpGet, target: Target, timeoutMs: number): Checked =>
  new Promise((resolve) => {
    const { number, local } = target.port(get.port)
    const address = `${get.host ?? target.podIP}:${number}`
    const { path = '/', scheme = 'HTTP' } = get
    const url = `${scheme.toLowerCase()}://${address}${path.startsWith('/') ? path : `/${path}`}`
    const failed = (reason: string) => resolve(`Get "${url}": ${reason}`)
    if (local === undefined) return failed(`dial tcp ${address}: connect: connection refused`)
    const headers = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]))
    const options = {
      host: '127.0.0.1',
      port: local,
      path: path.startsWith('/') ? path : `/${path}`,
      agent: false,
      // A probe never checks certificates: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
      rejectUnauthorized: false,
      headers: { host: address, 'user-agent': 'kube-probe/1.35', accept: '*/*', connection: 'close', ...headers },
    }
    const onAnswer = (response: IncomingMessage) => {
      const { statusCode = 0 } = response
      response.destroy()
      clearTimeout(timer)
      resolve(statusCode >= 200 && statusCode < 400 ? undefined : `HTTP probe failed with statuscode: ${statusCode}`)
    }
    const request = scheme === 'HTTPS' ? httpsRequest(options, onAnswer) : httpRequest(options, onAnswer)
    const timer = setTimeout(() => {
      failed(LATE)
      request.destroy()
    }, timeoutMs)
    request.on('error', (error) => {
      clearTimeout(timer)
      failed(why(error, address))
    })
    request.end()
  })

const dial = (given: number | string, target: Target, timeoutMs: number): Checked =>
  new Promise((resolve) => {
    const { number, local } = target.port(given)
    const address = `${target.podIP}:${number}`
    if (local === undefined) return resolve(`dial tcp ${address}: connect: connection refused`)
    const socket = connect(local, '127.0.0.1')
    const end = (result: string | undefined) => {
      socket.destroy()
      resolve(result)
    }
    socket.setTimeout(timeoutMs, () => end(`dial tcp ${address}: i/o timeout`))
    socket.once('error', (error) => end(why(error, address)))
    socket.once('connect', () => end(undefined))
  })

const run = async (command: readonly string[], target: Target, timeoutMs: number): Checked => {
  const { code, output } = await target.execute(command, timeoutMs)
  return code === 0 ? undefined : output
}

/** Does what a probe or a hook says, once. */
export const check = ({ httpGet, tcpSocket, exec }: Handler, target: Target, timeoutMs: number): Checked => {
  if (httpGet !== undefined) return ask(httpGet, target, timeoutMs)
  if (tcpSocket !== undefined) return dial(tcpSocket.port, target, timeoutMs)
  return run(exec?.command ?? [], target, timeoutMs)
}
