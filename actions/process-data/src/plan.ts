import { sha256 } from '@mlops/aws'
import {
  type DataInput,
  type DataOutput,
  jobPlan,
  type ProcessingPlan,
  readDataInputs,
  readDataOutputs,
  type S3Uri,
} from '@mlops/core'
import { BOOT_SCRIPT } from './boot-script.ts'
import { CODE_PATH, INPUT_LIMIT, type Inputs } from './spec.ts'

const within = (uri: S3Uri, ...parts: readonly string[]) => [uri.replace(/\/+$/, ''), ...parts].join('/') as S3Uri

export const sourcePrefix = ({ outputPath }: Inputs): S3Uri => within(outputPath, 'source')
export const manifestUri = ({ outputPath }: Inputs): S3Uri => within(outputPath, 'latest.json')

/** Each job has a folder of its own: what is published is never written to again. */
export const outputUri = ({ outputPath }: Inputs, jobName: string, output: string): S3Uri =>
  within(outputPath, '_runs', jobName, `${output}/`)

/** The inputs; the spec's rules have refused any that can't be read. */
export const dataInputs = ({ inputs }: Inputs): readonly DataInput[] => {
  const read = readDataInputs(inputs ?? {}, INPUT_LIMIT)
  return read.ok ? read.value : []
}

export const dataOutputs = ({ outputs }: Inputs): readonly DataOutput[] => {
  const read = readDataOutputs(outputs)
  return read.ok ? read.value : []
}

const DIGEST_LENGTH = 8
/** Its digest is in the name, so that two versions of the suite can share a source folder. */
const BOOT_NAME = `boot-${sha256(BOOT_SCRIPT).slice(0, DIGEST_LENGTH)}.py`

const folderOf = (uri: S3Uri) => uri.slice(0, uri.lastIndexOf('/') + 1) as S3Uri
export const bootUri = (archive: S3Uri): S3Uri => within(folderOf(archive), BOOT_NAME)

/** What is to be done, before it has a name: the basis of the run key. */
export const processingPlan = (inputs: Inputs, image: string): ProcessingPlan => ({
  ...jobPlan(inputs, image),
  inputs: dataInputs(inputs),
  outputs: dataOutputs(inputs).map((output) => ({ ...output, uri: inputs.outputPath })),
  entrypoint: ['python3', `${CODE_PATH}/${BOOT_NAME}`],
  arguments: [inputs.code, ...(inputs.arguments ?? [])],
})

/** The plan as it is submitted: with the place of the code and the job's own output folders. */
export const submitted = (inputs: Inputs, plan: ProcessingPlan, jobName: string, archive: S3Uri): ProcessingPlan => ({
  ...plan,
  inputs: [
    ...plan.inputs,
    { name: 'mlops-code', uri: folderOf(archive), path: CODE_PATH, distribution: 'FullyReplicated' },
  ],
  outputs: plan.outputs.map((output) => ({ ...output, uri: outputUri(inputs, jobName, output.name) })),
})
