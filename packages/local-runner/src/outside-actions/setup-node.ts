import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { OutsideAction } from './outside-action.ts'

const wantedMajor = (text: string): number => {
  const match = /^v?(\d+)(\.(\d+|x|\*)){0,2}$/.exec(text.trim())
  if (match === null)
    throw new Error(
      `node-version "${text.trim()}" is not understood | it must be like 24, 24.x or 24.1.0 | write it so`,
    )
  return Number(match[1])
}

const versionText = (workspace: string, inputs: ReadonlyMap<string, string>): string | undefined => {
  const file = inputs.get('node-version-file') ?? ''
  const version = inputs.get('node-version') ?? ''
  if (version !== '' || file === '') return version === '' ? undefined : version
  const path = resolve(workspace, file)
  if (!existsSync(path)) throw new Error(`The specified node version file at: ${path} does not exist`)
  return readFileSync(path, 'utf8')
}

export const setupNode: OutsideAction = {
  emulation:
    "checks that Node of the wanted major runs here, and puts it first on PATH; the machine's own package cache",
  inputs: ['node-version', 'node-version-file'],
  meaningless: ['cache', 'cache-dependency-path', 'package-manager-cache', 'check-latest', 'token', 'architecture'],
  perform: async ({ scope }, inputs) => {
    const text = versionText(scope.job.workspace, inputs)
    const running = process.versions.node
    const wanted = text === undefined ? undefined : wantedMajor(text)
    if (wanted !== undefined && wanted !== wantedMajor(running))
      throw new Error(`Node ${wanted} was asked for | Node ${running} runs here | run this with Node ${wanted}`)
    scope.job.searchPath.unshift(dirname(process.execPath))
    return { failed: false, outputs: { 'node-version': `v${running}`, 'cache-hit': 'false' } }
  },
}
