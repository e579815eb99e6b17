import type { IncomingMessage } from 'node:http'
import type { EcrRepository } from '@mlops/core'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import { type EcrAccess, inRepository, type Send } from './calls.ts'

/** An answer that is not the bytes that were asked for, in the form of an SDK's error. */
const answered = (status: number) =>
  Object.assign(new Error(`the download answered ${status}`), {
    name: 'DownloadError',
    $metadata: { httpStatusCode: status },
  })

const requestOf = (url: string) => {
  const { protocol, hostname, port, pathname, searchParams } = new URL(url)
  return {
    method: 'GET',
    protocol,
    hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: {},
  } as Parameters<NodeHttpHandler['handle']>[0]
}

/** Opens the bytes of a layer, through the proxies that the session's own calls take. */
export const download = (
  { config, retry, signal }: EcrAccess,
  send: Send,
  repository: EcrRepository,
  digest: string,
): Promise<AsyncIterable<Uint8Array>> =>
  retry(async () => {
    // Asked for again each time: it expires.
    const { downloadUrl = '' } = await send(({ client, facade }) =>
      client.send(new facade.GetDownloadUrlForLayerCommand({ ...inRepository(repository), layerDigest: digest }), {
        abortSignal: signal,
      }),
    )
    const { response } = await config.requestHandler.handle(requestOf(downloadUrl), { abortSignal: signal })
    const body = response.body as IncomingMessage
    if (response.statusCode === 200) return body
    body.destroy()
    throw answered(response.statusCode)
  })
