import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'

export interface Entry extends Partial<Header> {
  readonly name: string
  readonly content?: string | Uint8Array
}

/** A .tar.gz of entries, in their order and with whatever headers they have. */
export const archiveOf = async (entries: readonly Entry[]): Promise<Buffer> => {
  const archive = pack()
  for (const { content = '', ...header } of entries) archive.entry(header, Buffer.from(content))
  archive.finalize()
  return gzipSync(await buffer(archive))
}

export async function* chunksOf(bytes: Uint8Array, size = 4096): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
