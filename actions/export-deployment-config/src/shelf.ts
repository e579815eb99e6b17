import {
  ActionError,
  type DeploymentConfig,
  type Document,
  type HistoryEntry,
  type Objects,
  readDeploymentConfig,
  readHistory,
  type S3Uri,
} from '@mlops/core'
import type { Inputs } from './spec.ts'

/** Where the exports of one environment lie. */
export interface Shelf {
  readonly folder: string
  readonly latest: S3Uri
  readonly history: S3Uri
}

export const shelfOf = (prefix: S3Uri, { environment }: Pick<Inputs, 'environment'>): Shelf => {
  const folder = `${prefix.replace(/\/+$/, '')}/${environment}`
  return { folder, latest: `${folder}/latest.json` as S3Uri, history: `${folder}/history.jsonl` as S3Uri }
}

/** A document of ours and the state that a conditional write builds on; without an ETag nothing is there yet. */
export interface Held<T> {
  readonly value: T
  readonly text: string
  readonly etag?: string
}

const foreign = (uri: S3Uri, why: string) =>
  new ActionError({
    code: 'E-PUBLISH',
    kind: 'user',
    what: `${uri} is not an export of this suite`,
    why: `${why}; overwriting it could destroy something`,
    hint: 'choose another s3-prefix, or remove the object',
  })

const tooNew = (uri: S3Uri, version: number) =>
  new ActionError({
    code: 'E-VERSION',
    kind: 'user',
    what: `${uri} is of version ${version}`,
    why: 'a later version of the suite has written it; this one reads version 1',
    hint: 'use the newer version of the action',
  })

const held = async <T>(
  objects: Objects,
  uri: S3Uri,
  read: (text: string) => Document<T>,
  empty: T,
): Promise<Held<T>> => {
  const found = await objects.read(uri)
  if (found === undefined) return { value: empty, text: '' }
  const document = read(found.text)
  switch (document.kind) {
    case 'document':
      return { value: document.value, text: found.text, etag: found.etag }
    case 'newer':
      throw tooNew(uri, document.version)
    case 'foreign':
      throw foreign(uri, document.why)
  }
}

/** latest.json; undefined inside when nothing was exported yet. Throws E-PUBLISH, E-VERSION for what is not ours to write. */
export const readLatest = (objects: Objects, { latest }: Shelf): Promise<Held<DeploymentConfig | undefined>> =>
  held<DeploymentConfig | undefined>(objects, latest, readDeploymentConfig, undefined)

/** history.jsonl, oldest entry first. Throws as `readLatest`. */
export const readEntries = (objects: Objects, { history }: Shelf): Promise<Held<readonly HistoryEntry[]>> =>
  held<readonly HistoryEntry[]>(objects, history, readHistory, [])

const conditionOf = ({ etag }: Held<unknown>) =>
  etag === undefined ? ({ ifAbsent: true } as const) : { ifMatch: etag }

/** Writes over the state that was read; false when somebody else has written meanwhile. */
export const replace = async (objects: Objects, uri: S3Uri, before: Held<unknown>, text: string): Promise<boolean> =>
  (await objects.write(uri, text, conditionOf(before))).kind === 'written'

/** How often a write is tried that others keep winning. */
export const TRIES = 5

export const keptLosing = (uri: S3Uri): ActionError =>
  new ActionError({
    code: 'E-PUBLISH',
    kind: 'remote',
    what: `${uri} could not be written`,
    why: `${TRIES} times in a row another process wrote it first`,
    hint: 'run again; see which other runs export there at the same time',
  })
