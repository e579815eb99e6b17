import type { Clock, Objects, Random, S3Uri, StoredObject, WriteCondition } from '@mlops/core'
import { classify } from './classify.ts'
import { type Bytes, resumed } from './resumed.ts'
import { withRetries } from './retries.ts'
import type { AwsSession } from './session.ts'
import { toBucketError } from './to-action-error.ts'

interface Context {
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

interface Place {
  readonly Bucket: string
  readonly Key: string
}

const placeOf = (uri: S3Uri): Place => {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri) ?? []
  return { Bucket: bucket, Key: key }
}

const bare = (etag: string | undefined) => (etag ?? '').replaceAll('"', '')
const isMissing = (error: unknown) => classify(error) === 'not-found' && !String(error).includes('NoSuchBucket')

/** An object that vanished before If-Match is a lost race as well (S3 user guide, "Conditional writes"). */
const isLost = (error: unknown, { ifMatch }: WriteCondition) =>
  classify(error) === 'conflict' || (ifMatch !== undefined && isMissing(error))
const mayHaveArrived = (error: unknown) => ['network', 'transient'].includes(classify(error))

const opener = (session: AwsSession) => {
  let opened: ReturnType<typeof open> | undefined
  const open = async () => {
    const facade = await import('./s3.ts')
    return { facade, client: new facade.S3Client(session.clientConfig('s3')) }
  }
  return () => (opened ??= open())
}

const conditions = ({ ifMatch, ifAbsent }: WriteCondition) => ({
  ...(ifMatch === undefined ? {} : { IfMatch: `"${ifMatch}"` }),
  ...(ifAbsent === undefined ? {} : { IfNoneMatch: '*' }),
})

const orMissing = async <T>(call: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await call()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/**
 * Object storage on S3, in the session's region. `head` can't tell a missing bucket from a missing object, because S3 answers
 * HEAD without a body; the other calls throw E-BUCKET for it.
 */
export const s3Objects = (session: AwsSession, context: Context): Objects => {
  const open = opener(session)
  const ask = async <T>(doing: string, { Bucket }: Place, call: () => Promise<T>): Promise<T> => {
    try {
      return await withRetries(call, context)
    } catch (error) {
      context.signal.throwIfAborted()
      throw toBucketError(error, doing, Bucket)
    }
  }
  const abort = { abortSignal: context.signal }

  const list: Objects['list'] = async (prefix, limit = Infinity) => {
    const place = placeOf(prefix)
    const { client, facade } = await open()
    const found: StoredObject[] = []
    let token: string | undefined
    do {
      const page = await ask(`listing ${prefix}`, place, () =>
        client.send(
          new facade.ListObjectsV2Command({
            Bucket: place.Bucket,
            Prefix: place.Key,
            MaxKeys: Math.min(1000, limit - found.length),
            ContinuationToken: token,
          }),
          abort,
        ),
      )
      for (const { Key = '', ETag, Size = 0 } of page.Contents ?? [])
        // A folder marker is no data.
        if (!Key.endsWith('/'))
          found.push({ uri: `s3://${place.Bucket}/${Key}` as S3Uri, etag: bare(ETag), size: Size })
      token = page.NextContinuationToken
    } while (token !== undefined && found.length < limit)
    return found
  }

  const head: Objects['head'] = async (uri) => {
    const place = placeOf(uri)
    const { client, facade } = await open()
    const found = await ask(`looking at ${uri}`, place, () =>
      orMissing(() => client.send(new facade.HeadObjectCommand(place), abort)),
    )
    return found && { uri, etag: bare(found.ETag), size: found.ContentLength ?? 0 }
  }

  const read: Objects['read'] = async (uri) => {
    const place = placeOf(uri)
    const { client, facade } = await open()
    return ask(`reading ${uri}`, place, () =>
      orMissing(async () => {
        const { Body, ETag } = await client.send(new facade.GetObjectCommand(place), abort)
        return { text: (await Body?.transformToString('utf-8')) ?? '', etag: bare(ETag) }
      }),
    )
  }

  const openObject: Objects['open'] = async (uri) => {
    const place = placeOf(uri)
    const { client, facade } = await open()
    const found = await ask(`reading ${uri}`, place, () =>
      orMissing(() => client.send(new facade.GetObjectCommand(place), abort)),
    )
    if (found === undefined) return undefined
    const { ETag, ContentLength = 0, Body } = found
    const bytes = resumed(Body as Bytes, ContentLength, async (from) => {
      const Range = `bytes=${from}-`
      const command = new facade.GetObjectCommand({ ...place, Range, ...conditions({ ifMatch: bare(ETag) }) })
      return (await ask(`reading ${uri}`, place, () => client.send(command, abort))).Body as Bytes
    })
    return { etag: bare(ETag), size: ContentLength, body: bytes }
  }

  /** The object's ETag when it holds exactly these bytes. */
  const etagHolding = async (place: Place, body: string | Uint8Array): Promise<string | undefined> => {
    const { client, facade } = await open()
    return orMissing(async () => {
      const { Body, ETag } = await client.send(new facade.GetObjectCommand(place), abort)
      const found = (await Body?.transformToByteArray()) ?? new Uint8Array()
      return Buffer.from(body).equals(found) ? bare(ETag) : undefined
    })
  }

  const write: Objects['write'] = async (uri, body, condition = {}) => {
    const place = placeOf(uri)
    const { client, facade } = await open()
    let unanswered = false
    return ask(`writing ${uri}`, place, async () => {
      try {
        const command = new facade.PutObjectCommand({ ...place, Body: body, ...conditions(condition) })
        const { ETag } = await client.send(command, abort)
        return { kind: 'written', etag: bare(ETag) } as const
      } catch (error) {
        if (isLost(error, condition)) {
          // An attempt whose answer was lost may have written: then the race was lost against ourselves.
          const etag = unanswered ? await etagHolding(place, body) : undefined
          return etag === undefined ? ({ kind: 'lost' } as const) : ({ kind: 'written', etag } as const)
        }
        unanswered ||= mayHaveArrived(error)
        throw error
      }
    })
  }

  return { list, head, read, open: openObject, write }
}
