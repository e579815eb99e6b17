import { basename } from 'node:path/posix'
import type { Context } from '@mlops/action-kit'
import { readMembers } from '@mlops/data'
import type { S3Uri } from '@mlops/core'
import type { Picture } from '@mlops/report'
import type { Ports } from './ports.ts'
import type { Inputs } from './spec.ts'

/** What a training job writes to SM_OUTPUT_DATA_DIR lies beside its model (SageMaker developer guide, "How SageMaker provides training output"). */
const besideModel = (uri: S3Uri | undefined) =>
  uri !== undefined && uri.endsWith('/model.tar.gz') ? [uri.replace(/model\.tar\.gz$/, 'output.tar.gz')] : []

/** More than a page shows. */
const LIMIT = 16 * 2 ** 20

const read = async (location: string, body: AsyncIterable<Uint8Array>): Promise<readonly Picture[]> => {
  if (/\.(tar\.gz|tgz)$/.test(location)) {
    const members = await readMembers(body, (name) => name.endsWith('.png'), LIMIT)
    return members.map(({ name, bytes }) => ({ name, png: bytes }))
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return [{ name: basename(location), png: Buffer.concat(chunks) }]
}

/** The pictures that the report page shows; one that can't be had is said and left out, since it decides nothing. */
export const picturesOf = async (
  { plots, modelArtifactUri }: Inputs,
  { places }: Ports,
  { log }: Pick<Context, 'log'>,
): Promise<readonly Picture[]> => {
  const found: Picture[] = []
  for (const location of plots ?? besideModel(modelArtifactUri))
    try {
      const opened = await places.open(location)
      if (opened !== undefined) found.push(...(await read(location, opened.body)))
      else if (plots !== undefined) log.warning(`there is no picture at ${location}`)
    } catch (error) {
      log.warning(`pictures of ${location} are left out: ${error instanceof Error ? error.message : String(error)}`)
    }
  return found
}
