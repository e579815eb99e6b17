import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { ActionError, type Environment } from '@mlops/core'
import { renderError } from './render-error.ts'

interface Tool {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
}

const TOOLS = [
  { name: 'kustomize', program: 'kustomize', args: ['build'] },
  { name: 'kubectl kustomize', program: 'kubectl', args: ['kustomize'] },
] as const
/** What programs need to run and to fetch; credentials of the step are not among it. */
const HANDED_ON = /^(PATH|HOME|TMPDIR|LANG|SSH_AUTH_SOCK|XDG_.*|GIT_.*|SSL_CERT_.*|(https?|no|all)_proxy)$/i
const OUTPUT_LIMIT = 64 * 1024 * 1024
const SHOWN = 20

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The first tool on the PATH; folders that depend on where the step runs are passed over. */
const findTool = (environment: Environment): Tool | undefined => {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter(isAbsolute)
  return TOOLS.flatMap(({ name, program, args }) =>
    folders.map((folder) => ({ name, file: join(folder, program), args })),
  ).find(({ file }) => isExecutable(file))
}

interface Ended {
  readonly code: number
  readonly output: string
  readonly errors: string
}

const run = ({ file, args }: Tool, folder: string, environment: Environment, signal: AbortSignal): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const env = Object.fromEntries(Object.entries(environment).filter(([name]) => HANDED_ON.test(name)))
    const child = spawn(file, [...args, folder], { env, stdio: ['ignore', 'pipe', 'pipe'], signal })
    let [output, errors] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      if (output.length > OUTPUT_LIMIT) child.kill()
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors = `${errors}${chunk}`.slice(-10_000)
    })
    child.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error))
    child.on('close', (code) => resolve({ code: code ?? 1, output, errors }))
  })

const noTool = () =>
  new ActionError({
    code: 'E-RENDER',
    kind: 'user',
    what: 'there is neither kustomize nor kubectl on the PATH',
    why: 'an overlay is rendered by one of them, so that it means what it means everywhere else',
    hint: 'install one in a step before, or render the overlay yourself and name the files in manifests',
  })

/** Renders a folder with the kustomize that the machine has. Throws E-RENDER. */
export const kustomize = async (
  folder: string,
  { environment, signal }: { readonly environment: Environment; readonly signal: AbortSignal },
): Promise<{ readonly by: string; readonly text: string }> => {
  const tool = findTool(environment)
  if (tool === undefined) throw noTool()
  const { code, output, errors } = await run(tool, folder, environment, signal)
  signal.throwIfAborted()
  if (code === 0) return { by: tool.name, text: output }
  const lines = errors.split('\n').filter((line) => line.trim() !== '')
  const { facts } = renderError([
    {
      file: folder,
      line: 1,
      what: `${tool.name} ended with ${code}`,
      why: lines.at(-1) ?? 'it said nothing',
      hint: 'run the same command on your machine: it needs neither the cluster nor this action',
    },
  ])
  throw new ActionError({
    ...facts,
    locations: [],
    report: {
      headline: 'The overlay was not rendered.',
      blocks: [{ kind: 'foreign', title: `What ${tool.name} said`, text: lines.slice(-SHOWN).join('\n') }],
    },
  })
}
