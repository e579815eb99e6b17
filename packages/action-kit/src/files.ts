import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Environment, Files } from '@mlops/core'
import { stepIdOf, temporaryFolderOf, workspaceOf } from './environment.ts'

/** Files of the step: read from the workspace, written below the runner's temporary folder. */
export const stepFiles = (action: string, environment: Environment): Files => {
  const workspace = workspaceOf(environment)
  const folder = join(temporaryFolderOf(environment, tmpdir()), 'mlops-actions', `${action}-${stepIdOf(environment)}`)
  return {
    readText: (path) => readFileSync(resolve(workspace, path), 'utf8'),
    writeTemporary: (name, content) => {
      const path = join(folder, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
      return path
    },
  }
}
