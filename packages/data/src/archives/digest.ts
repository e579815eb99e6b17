import { createHash } from 'node:crypto'

/** A stream whose bytes are hashed as they are read. */
export interface Digesting {
  /** The same bytes. A reader may stop early. */
  readonly body: AsyncIterable<Uint8Array>
  /** Reads what is left, and gives `sha256:<hex>` of the whole stream. */
  readonly digest: () => Promise<string>
}

/** Hashes a stream while it is read for something else, so that it has to be fetched only once. */
export const digesting = (source: AsyncIterable<Uint8Array>): Digesting => {
  const hash = createHash('sha256')
  const iterator = source[Symbol.asyncIterator]()
  const pull = async () => {
    const result = await iterator.next()
    if (result.done !== true) hash.update(result.value)
    return result
  }
  // A reader that stopped may have asked for one chunk more: the questions wait for each other.
  let last: Promise<unknown> = Promise.resolve()
  const next = () => {
    const answer = last.then(pull)
    last = answer.catch(() => undefined)
    return answer
  }
  return {
    // Without `return`: a reader that stops does not end the source.
    body: { [Symbol.asyncIterator]: () => ({ next }) },
    digest: async () => {
      while ((await next()).done !== true);
      return `sha256:${hash.digest('hex')}`
    },
  }
}

/** `sha256:<hex>` of a stream, in constant memory. */
export const digestOf = (body: AsyncIterable<Uint8Array>): Promise<string> => digesting(body).digest()
