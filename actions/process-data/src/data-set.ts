import { publishManifest, sha256 } from '@mlops/aws'
import {
  ActionError,
  dataFingerprint,
  type DataManifest,
  type Log,
  type Objects,
  type RunIdentity,
  type RunKey,
  type S3Uri,
  type StoredObject,
} from '@mlops/core'
import { dataOutputs, manifestUri, outputUri } from './plan.ts'
import type { Inputs } from './spec.ts'

interface WrittenOutput {
  readonly name: string
  readonly uri: S3Uri
  readonly objects: readonly StoredObject[]
}

const written = async (inputs: Inputs, jobName: string, objects: Objects): Promise<readonly WrittenOutput[]> =>
  Promise.all(
    dataOutputs(inputs).map(async ({ name }) => {
      const uri = outputUri(inputs, jobName, name)
      return { name, uri, objects: await objects.list(uri) }
    }),
  )

const nothingWritten = (empty: readonly WrittenOutput[]) =>
  new ActionError({
    code: 'E-ARTIFACT',
    kind: 'remote',
    what: `the job completed, but wrote nothing to ${empty.map(({ name }) => name).join(', ')}`,
    why: `nothing lies below ${empty.map(({ uri }) => uri).join(', ')}`,
    hint: 'let the script write to the folder of each output; when the data was deleted since, process anew with reuse: never',
    outputs: { status: 'failed', 'failure-class': 'user' },
  })

/** GitHub allows 1 MB for all outputs of a job. */
const METADATA_LIMIT = 256 * 1024

interface Metadata {
  readonly metadata: string
  readonly rows: string
}
const NO_METADATA: Metadata = { metadata: '', rows: '' }

const parsed = (text: string, uri: S3Uri, log: Log): Metadata => {
  try {
    const value = JSON.parse(text) as { readonly rows?: unknown } | null
    return { metadata: JSON.stringify(value), rows: typeof value?.rows === 'number' ? String(value.rows) : '' }
  } catch {
    log.warning(`${uri} is not JSON, so rows and metadata stay empty`)
    return NO_METADATA
  }
}

const readMetadata = async (outputs: readonly WrittenOutput[], objects: Objects, log: Log): Promise<Metadata> => {
  const found = outputs
    .flatMap(({ uri, objects: all }) => all.filter((object) => object.uri === `${uri}metadata.json`))
    .at(0)
  if (found === undefined) return NO_METADATA
  if (found.size > METADATA_LIMIT) {
    log.warning(`${found.uri} is larger than ${METADATA_LIMIT / 1024} KiB, so rows and metadata stay empty`)
    return NO_METADATA
  }
  return parsed((await objects.read(found.uri))?.text ?? '', found.uri, log)
}

export interface DataSet extends Metadata {
  readonly fingerprint: string
  readonly outputs: Readonly<Record<string, S3Uri>>
  readonly objectCount: number
  readonly bytes: number
}

/** What the job has written. Throws E-ARTIFACT naming every output that is empty. */
export const readDataSet = async (inputs: Inputs, jobName: string, objects: Objects, log: Log): Promise<DataSet> => {
  const outputs = await written(inputs, jobName, objects)
  const empty = outputs.filter((output) => output.objects.length === 0)
  if (empty.length > 0) throw nothingWritten(empty)
  const all = outputs.flatMap((output) => output.objects)
  return {
    ...(await readMetadata(outputs, objects, log)),
    fingerprint: dataFingerprint(outputs, sha256),
    outputs: Object.fromEntries(outputs.map(({ name, uri }) => [name, uri])),
    objectCount: all.length,
    bytes: all.reduce((sum, { size }) => sum + size, 0),
  }
}

/** Makes the data set the one that counts, unless a later run has published already. True when it counts now. */
export const publish = async (
  inputs: Inputs,
  jobName: string,
  key: RunKey,
  dataSet: DataSet,
  { identity, objects, log }: { readonly identity: RunIdentity; readonly objects: Objects; readonly log: Log },
): Promise<boolean> => {
  const manifest: DataManifest = {
    version: 1,
    job: jobName,
    runKey: key.digest,
    parts: key.parts,
    runId: identity.runId,
    sha: identity.sha,
    fingerprint: dataSet.fingerprint,
    outputs: dataSet.outputs,
  }
  const { kind, before } = await publishManifest(objects, manifestUri(inputs), manifest)
  if (kind === 'overtaken') log.warning(`run ${before?.runId ?? ''} is later and has published already; its data stays`)
  return kind !== 'overtaken'
}
