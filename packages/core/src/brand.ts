declare const brand: unique symbol

/** A plain value that was checked at the edge: nothing but a parser makes one. */
export type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** An ARN of any partition (`aws`, `aws-cn`, `aws-us-gov`, …). */
export type Arn = Branded<string, 'Arn'>
/** `s3://bucket/key`, without a trailing slash unless the user wrote one. */
export type S3Uri = Branded<string, 'S3Uri'>
/** A whole number of seconds, zero or more. */
export type Seconds = Branded<number, 'Seconds'>
/** Milliseconds since 1970, as `Date.now` counts them. */
export type EpochMs = Branded<number, 'EpochMs'>

export const seconds = (value: number): Seconds => value as Seconds
export const epochMs = (value: number): EpochMs => value as EpochMs

/** `2026-01-31T09:30:00.000Z`. */
// oxlint-disable-next-line no-restricted-globals -- formats a given time, asks for none
export const isoTime = (at: EpochMs): string => new Date(at).toISOString()
