import type { Clock, Objects, Random, S3Uri, StoredObject, WriteCondition } from '@mlops/core'
import { classify } from './classify.ts'
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

/** Object storage on S3, in the session's region. */
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

  const write: Objects['write'] = async (uri, body, condition = {}) => {
    const place = placeOf(uri)
    const { client, facade } = await open()
    return ask(`writing ${uri}`, place, async () => {
      try {
        const command = new facade.PutObjectCommand({ ...place, Body: body, ...conditions(condition) })
        const { ETag } = await client.send(command, abort)
        return { kind: 'written', etag: bare(ETag) } as const
      } catch (error) {
        // An object that vanished before If-Match is a lost race as well (S3 user guide, "Conditional writes").
        const lost = classify(error) === 'conflict' || (condition.ifMatch !== undefined && isMissing(error))
        if (lost) return { kind: 'lost' } as const
        throw error
      }
    })
  }

  return { list, head, read, write }
}
