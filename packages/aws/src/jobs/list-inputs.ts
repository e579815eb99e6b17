import { ActionError, type Objects, type S3Uri, type StoredObject } from '@mlops/core'

interface Location {
  readonly name: string
  readonly uri: S3Uri
}

const nothingThere = (empty: readonly Location[]) =>
  new ActionError({
    code: 'E-NO-DATA',
    kind: 'user',
    what: `${empty.map(({ name, uri }) => `${name} (${uri})`).join(', ')} ${empty.length === 1 ? 'holds' : 'hold'} no object`,
    why: 'nothing lies below that prefix, so the job would fail or work on nothing',
    hint: 'check the prefix, and whether the step that writes there has run',
  })

/**
 * All objects of each location. Every location is looked at before any is complained about.
 * Throws E-NO-DATA naming all that are empty, or E-BUCKET, E-ACCESS for one that can't be listed.
 */
export const listInputs = async (
  objects: Objects,
  locations: readonly Location[],
): Promise<Readonly<Record<string, readonly StoredObject[]>>> => {
  const lists = await Promise.allSettled(locations.map(({ uri }) => objects.list(uri)))
  const empty = locations.filter((_, index) => {
    const list = lists[index]
    return list?.status === 'fulfilled' && list.value.length === 0
  })
  const refused = lists.find((list) => list.status === 'rejected')
  if (refused !== undefined) throw refused.reason
  if (empty.length > 0) throw nothingThere(empty)
  return Object.fromEntries(
    locations.map(({ name }, index) => {
      const list = lists[index]
      return [name, list?.status === 'fulfilled' ? list.value : []]
    }),
  )
}
