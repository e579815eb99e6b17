import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { ActionError, type Objects, type S3Uri } from '@mlops/core'

export interface ObjectsInMemory {
  readonly objects: Objects
  readonly put: (uri: string, body: string) => void
  readonly remove: (uri: string) => void
  readonly text: (uri: string) => string | undefined
  readonly uris: () => readonly string[]
  /** URIs in the order they were written by the code under test. */
  readonly written: readonly string[]
}

const etagOf = (body: string | Uint8Array) => createHash('md5').update(body).digest('hex')

/** An object store in memory that knows these buckets and refuses all others, as S3 does with those of strangers. */
export const objectsInMemory = (buckets: readonly string[]): ObjectsInMemory => {
  const stored = new Map<string, string | Uint8Array>()
  const written: string[] = []
  const assertOurs = (uri: string) => {
    const bucket = uri.split('/')[2] ?? ''
    if (buckets.includes(bucket)) return
    throw new ActionError({ code: 'E-BUCKET', kind: 'user', what: `bucket ${bucket} is not ours`, why: '', hint: '' })
  }
  const stat = (uri: S3Uri) => {
    const body = stored.get(uri)
    return body === undefined ? undefined : { uri, etag: etagOf(body), size: Buffer.byteLength(body) }
  }
  const objects: Objects = {
    // Async functions, so that a refusal is a rejection as it is over the wire.
    list: async (prefix, limit = Infinity) => {
      assertOurs(prefix)
      const uris = [...stored.keys()].filter((uri) => uri.startsWith(prefix) && !uri.endsWith('/')).toSorted()
      return uris.slice(0, limit).flatMap((uri) => stat(uri as S3Uri) ?? [])
    },
    head: async (uri) => {
      assertOurs(uri)
      return stat(uri)
    },
    read: async (uri) => {
      assertOurs(uri)
      const body = stored.get(uri)
      return body === undefined ? undefined : { text: Buffer.from(body).toString(), etag: etagOf(body) }
    },
    open: async (uri) => {
      assertOurs(uri)
      const body = stored.get(uri)
      if (body === undefined) return undefined
      const bytes = Buffer.from(body)
      const halves = [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)]
      return { etag: etagOf(body), size: bytes.length, body: Readable.from(halves) }
    },
    write: async (uri, body, { ifMatch, ifAbsent } = {}) => {
      assertOurs(uri)
      const before = stat(uri)
      if (ifAbsent === true && before !== undefined) return { kind: 'lost' }
      if (ifMatch !== undefined && before?.etag !== ifMatch) return { kind: 'lost' }
      stored.set(uri, body)
      written.push(uri)
      return { kind: 'written', etag: etagOf(body) }
    },
  }
  return {
    objects,
    put: (uri, body) => void stored.set(uri, body),
    remove: (uri) => void stored.delete(uri),
    text: (uri) => {
      const body = stored.get(uri)
      return body === undefined ? undefined : Buffer.from(body).toString()
    },
    uris: () => [...stored.keys()].toSorted(),
    written,
  }
}
