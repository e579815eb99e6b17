import type { S3Uri } from './brand.ts'

export interface StoredObject {
  readonly uri: S3Uri
  readonly etag: string
  readonly size: number
}

/** What a conditional write found: `lost` means that somebody else wrote first. */
export type WriteResult = { readonly kind: 'written'; readonly etag: string } | { readonly kind: 'lost' }

/** The bytes of an object as they arrive; they are those of one version, the one with this ETag. */
export interface OpenObject {
  readonly etag: string
  readonly size: number
  readonly body: AsyncIterable<Uint8Array>
}

export interface WriteCondition {
  /** Write only when the object still has this ETag. */
  readonly ifMatch?: string
  /** Write only when no object is there yet. */
  readonly ifAbsent?: true
}

/**
 * Object storage as the actions need it. Every call throws an ActionError (E-BUCKET, E-ACCESS, E-NETWORK, E-CREDS)
 * when the store cannot be asked; a missing object is an answer, not an error.
 */
export interface Objects {
  /** Objects below a prefix in key order, at most `limit` of them (all when undefined). */
  readonly list: (prefix: S3Uri, limit?: number) => Promise<readonly StoredObject[]>
  readonly head: (uri: S3Uri) => Promise<StoredObject | undefined>
  readonly read: (uri: S3Uri) => Promise<{ readonly text: string; readonly etag: string } | undefined>
  /** Opens an object of any size. What is not read to its end is let go by `break`. */
  readonly open: (uri: S3Uri) => Promise<OpenObject | undefined>
  readonly write: (uri: S3Uri, body: string | Uint8Array, condition?: WriteCondition) => Promise<WriteResult>
}
