import { resolve } from 'node:path'
import { fileGlob } from '../glob.ts'
import { artifactFiles } from './artifact-paths.ts'
import { type OutsideAction, readBoolean } from './outside-action.ts'

const LISTS = ['warn', 'error', 'ignore']

const whenEmptyOf = (text: string | undefined): string => {
  const chosen = text === undefined || text === '' ? 'warn' : text
  if (LISTS.includes(chosen)) return chosen
  throw new Error(`if-no-files-found is "${chosen}" | it must be one of ${LISTS.join(', ')} | write one of them`)
}

// Characters that some file system can't hold: https://github.com/actions/toolkit/tree/main/packages/artifact
const checkName = (name: string) => {
  if (name === '' || /[":<>|*?\r\n\\/]/.test(name))
    throw new Error(
      `the artifact name "${name}" is not valid | it is empty or has one of " : < > | * ? \\ / | rename it`,
    )
  return name
}

export const uploadArtifact: OutsideAction = {
  emulation: 'keeps the files in the results folder under artifacts/<name>/; they stay until you delete them',
  inputs: ['name', 'path', 'if-no-files-found', 'overwrite', 'include-hidden-files'],
  meaningless: ['retention-days', 'compression-level'],
  perform: async ({ scope, print, annotate }, inputs) => {
    const { run, workspace } = scope.job
    const name = checkName(inputs.get('name') ?? 'artifact')
    const path = inputs.get('path') ?? ''
    const whenEmpty = whenEmptyOf(inputs.get('if-no-files-found'))
    const includeHidden = readBoolean('include-hidden-files', inputs.get('include-hidden-files'), false)
    const files = artifactFiles(workspace, path, includeHidden)
    if (files.length === 0) {
      const message = `No files were found with the provided path: ${path.trim()}. No artifacts will be uploaded.`
      if (whenEmpty === 'ignore') print(message)
      else annotate({ level: whenEmpty === 'error' ? 'error' : 'warning', message })
      return { failed: whenEmpty === 'error', outputs: {} }
    }
    if (readBoolean('overwrite', inputs.get('overwrite'), false)) run.artifacts.remove(name)
    if (run.artifacts.has(name))
      throw new Error(`the artifact "${name}" exists already | a run keeps one of a name | rename it or set overwrite`)
    run.artifacts.put(name, files)
    print(`Artifact ${name} keeps ${files.length} files`)
    return { failed: false, outputs: { 'artifact-id': String(run.artifacts.names().indexOf(name) + 1) } }
  },
}

export const downloadArtifact: OutsideAction = {
  emulation: 'copies artifacts of this run from the results folder',
  inputs: ['name', 'path', 'pattern', 'merge-multiple'],
  meaningless: [],
  perform: async ({ scope, print }, inputs) => {
    const { run, workspace } = scope.job
    const target = resolve(workspace, inputs.get('path') ?? '.')
    const [name, pattern] = [inputs.get('name') ?? '', inputs.get('pattern') ?? '']
    const outputs = { 'download-path': target }
    if (name !== '') {
      if (!run.artifacts.has(name))
        throw new Error(`Unable to download artifact(s): Artifact not found for name: ${name}`)
      run.artifacts.copyTo(name, target)
      return { failed: false, outputs }
    }
    const merge = readBoolean('merge-multiple', inputs.get('merge-multiple'), false)
    const chosen = run.artifacts.names().filter((each) => pattern === '' || fileGlob(pattern).test(each))
    for (const each of chosen) run.artifacts.copyTo(each, merge ? target : resolve(target, each))
    print(`Copied ${chosen.length} artifacts`)
    return { failed: false, outputs }
  },
}
