import { digestOf, readDigested } from '@mlops/aws'
import {
  ActionError,
  type DigestedObject,
  fitsMetadata,
  type GateReport,
  type Log,
  readGateReport,
  type S3Uri,
} from '@mlops/core'
import type { Ports } from './ports.ts'
import type { Inputs } from './spec.ts'

/** Reports and metrics are some kilobytes; a model given by mistake is not read whole. */
const LIMIT = 16 * 1024 * 1024

interface File {
  readonly bytes: Uint8Array
  readonly digest: string
}

export interface JudgedReport extends File {
  readonly report: GateReport
}

const unreadable = (location: string, why: string) =>
  new ActionError({
    code: 'E-FORMAT',
    kind: 'user',
    what: `${location} is not a gate report`,
    why,
    hint: 'give the output report-uri or report-path of evaluate-gate',
  })

const tooNew = (location: string, version: number) =>
  new ActionError({
    code: 'E-VERSION',
    kind: 'user',
    what: `${location} is a gate report of version ${version}`,
    why: 'evaluate-gate is of a later version than register-model, which reads version 1',
    hint: 'use the same version of both actions',
  })

/** The gate's report. Throws E-NO-DATA, E-FORMAT, and E-VERSION for one that a later version has written. */
export const readReport = async (location: string, { places }: Ports): Promise<JudgedReport> => {
  const file = await readDigested(places, location, 'the gate report', LIMIT)
  const read = readGateReport(new TextDecoder().decode(file.bytes))
  switch (read.kind) {
    case 'document':
      return { ...file, report: read.value }
    case 'newer':
      throw tooNew(location, read.version)
    case 'foreign':
      throw unreadable(location, read.why)
  }
}

export interface PackageFiles {
  readonly statistics?: File
  readonly features?: File
  readonly golden?: DigestedObject
}

const folderOf = (location: string) => location.slice(0, location.lastIndexOf('/') + 1)

const readStatistics = async ({ gateReport, evaluationResults }: Inputs, { places }: Ports, log: Log) => {
  if (evaluationResults !== undefined) return readDigested(places, evaluationResults, 'the metric file', LIMIT)
  if (gateReport === undefined) return undefined
  const place = `${folderOf(gateReport)}statistics.json`
  if ((await places.list(place)).length > 0) return readDigested(places, place, 'the metric file', LIMIT)
  log.warning(`there is no ${place}, so the package names no metrics and a later model can't be compared with it`)
  return undefined
}

const isObject = (text: string) => {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

const readFeatures = async (location: string, { places }: Ports): Promise<File> => {
  const file = await readDigested(places, location, 'the document of the features', LIMIT)
  if (isObject(new TextDecoder().decode(file.bytes))) return file
  throw new ActionError({
    code: 'E-FORMAT',
    kind: 'user',
    what: `${location} is not a document of features`,
    why: 'it is not a JSON object',
    hint: 'give a JSON file such as {"features": [{"name": "…", "type": "float"}], "label": "…"}',
  })
}

/** What is read back from the metadata must stand in it to the letter. Throws E-INPUT for a place that can't. */
const assertNameable = (uri: S3Uri, what: string) => {
  if (fitsMetadata(uri)) return
  throw new ActionError({
    code: 'E-INPUT',
    kind: 'user',
    what: `${what} lies at ${uri}`,
    why: "the package's metadata takes letters, digits, spaces and _.:/=+-@, at most 256 of them",
    hint: 'choose a shorter or plainer place',
  })
}

const seeGolden = async (uri: S3Uri | undefined, { places }: Ports): Promise<DigestedObject | undefined> => {
  if (uri === undefined) return undefined
  assertNameable(uri, 'the file of golden answers')
  return { uri, digest: (await digestOf(places, uri, 'the file of golden answers')).digest }
}

/** Reads what the package is to name. Nothing is written yet. Throws E-NO-DATA for a file that is not there. */
export const readFiles = async (
  inputs: Inputs,
  report: GateReport | undefined,
  ports: Ports,
  log: Log,
): Promise<PackageFiles> => {
  const statistics = await readStatistics(inputs, ports, log)
  const features = inputs.features === undefined ? undefined : await readFeatures(inputs.features, ports)
  const golden = await seeGolden(inputs.golden ?? (report?.golden as S3Uri | undefined), ports)
  return {
    ...(statistics === undefined ? {} : { statistics }),
    ...(features === undefined ? {} : { features }),
    ...(golden === undefined ? {} : { golden }),
  }
}

const FOLDER_LENGTH = 16

/** Below which prefix files are kept; the spec's rules have refused files without one. */
export const prefixOf = ({ metricsPrefix, gateReport = '' }: Inputs): S3Uri =>
  metricsPrefix ?? (folderOf(gateReport) as S3Uri)

/** Where a file of that content lies, whoever has put it there. Throws E-INPUT for a place that can't be named. */
export const placeOf = (prefix: S3Uri, { digest }: File, name: string): DigestedObject => {
  const folder = digest.slice('sha256:'.length).slice(0, FOLDER_LENGTH)
  const uri = `${prefix.replace(/\/+$/, '')}/${folder}/${name}` as S3Uri
  assertNameable(uri, name)
  return { uri, digest }
}

/** Puts a file at its place, unless it is there already. */
export const keep = async (file: File, { uri }: DigestedObject, { objects }: Ports): Promise<void> => {
  // An object below its own digest can't be another one, so a lost race is as good as a write.
  if ((await objects.head(uri)) === undefined) await objects.write(uri, file.bytes, { ifAbsent: true })
}
