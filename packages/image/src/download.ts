import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { ActionError, type EcrRepository } from '@mlops/core'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import { type EcrAccess, inRepository } from './calls.ts'
import type { EcrClient } from './ecr-client.ts'

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

const refuse = ({ name }: EcrRepository, digest: string, why: string) =>
  new ActionError({
    code: 'E-IMAGE',
    kind: 'remote',
    what: `${digest} of ${name} did not arrive as it is`,
    why,
    hint: 'run the job again; when it stays so, push that image anew',
  })

/** Consumes the chunks of a blob; called again from the start when the connection broke on the way. */
type Consume<T> = (chunks: AsyncIterable<Uint8Array>) => Promise<T>

/** Gives a blob's bytes to `consume`, through the proxies that the session's own calls take, and checks its digest. */
export const download = <T>(
  { config, retry, signal }: EcrAccess,
  ecr: EcrClient,
  { repository, digest }: { readonly repository: EcrRepository; readonly digest: string },
  consume: Consume<T>,
): Promise<T> =>
  retry(async () => {
    // Asked for again each time: it expires.
    const { downloadUrl = '' } = await ecr.getDownloadUrlForLayer({ ...inRepository(repository), layerDigest: digest })
    const { response } = await config.requestHandler.handle(requestOf(downloadUrl), { abortSignal: signal })
    const body = response.body as IncomingMessage
    if (response.statusCode !== 200) {
      body.destroy()
      throw answered(response.statusCode)
    }
    const hash = createHash('sha256')
    const hashed = async function* () {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        hash.update(chunk)
        yield chunk
      }
    }
    const consumed = await consume(hashed())
    const found = `sha256:${hash.digest('hex')}`
    if (found !== digest) throw refuse(repository, digest, `its bytes have the digest ${found}`)
    return consumed
  })

/** Writes the chunks to a file, which is begun anew each time. */
export const toFile =
  (path: string, signal: AbortSignal): Consume<void> =>
  (chunks) =>
    pipeline(chunks, createWriteStream(path), { signal })

const LARGEST_TEXT = 8 * 2 ** 20

/** The chunks as one text of at most 8 MiB. */
export const toText =
  (repository: EcrRepository, digest: string): Consume<string> =>
  async (chunks) => {
    const all: Uint8Array[] = []
    let size = 0
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > LARGEST_TEXT) throw refuse(repository, digest, 'it has more than 8 MiB')
      all.push(chunk)
    }
    return Buffer.concat(all).toString()
  }
