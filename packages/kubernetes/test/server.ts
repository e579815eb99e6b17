import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Clock } from '@mlops/core'
import { stepContext } from '@mlops/testing'
import type { Connection } from '../src/connection/target.ts'
import { openApi } from '../src/transport/api.ts'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly body: string
}

export type Serve = (response: ServerResponse, asked: Asked) => void

/** What the next requests get, in their order; the last one again and again. */
export const inTurn = (...answers: readonly Serve[]): Serve =>
  (() => {
    let turn = 0
    return (response, asked) => {
      const answer = answers[Math.min(turn, answers.length - 1)]
      turn += 1
      answer?.(response, asked)
    }
  })()

export const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Serve =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
export const refusing = (code: number, reason: string, message = '', headers: Readonly<Record<string, string>> = {}) =>
  json(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code }, headers)
/** The connection is gone before anything was said. */
export const lost: Serve = (response) => void response.socket?.destroy()

/** An API server that says what a test wants, over plain HTTP on loopback. */
export const openServer = async (serve: Serve) => {
  const asked: Asked[] = []
  const onRequest = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request
    const one = { method, url, authorization: headers.authorization, body: await text(request) }
    asked.push(one)
    serve(response, one)
  }
  const server = createServer((request, response) => void onRequest(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    asked,
    port,
    url: new URL(`http://127.0.0.1:${port}`),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

export type Server = Awaited<ReturnType<typeof openServer>>

/** A way into a server, with tokens that are counted. */
export const connectionTo = (url: URL): Connection => {
  let token = 1
  return {
    server: url,
    insecure: false,
    login: (refused) => Promise.resolve({ authorization: `Bearer t${refused ? (token += 1) : token}` }),
    caller: () => Promise.resolve('ada'),
  }
}

/** Requests to a server; time passes while they wait. */
export const apiOf = (url: URL, { clock, ...context }: ReturnType<typeof stepContext> & { readonly clock: Clock }) =>
  openApi(connectionTo(url), { ...context, clock })
