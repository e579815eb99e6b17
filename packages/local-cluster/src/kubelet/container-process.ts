import { type ChildProcess, spawn } from 'node:child_process'
import { constants as files, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { placeInImage } from '../image/layers.ts'
import type { Image } from '../image/source.ts'
import { nodeArchitecture } from '../image/ecr.ts'
import { freePort, signal } from '../processes.ts'
import type { ContainerSpec } from './pod.ts'
import { mapText, programOf, type Root, searchPath } from './root.ts'
import { expand } from './variables.ts'
import { placeVolumes } from './volumes.ts'

/** Why a container was created but can't be started, as runc says it. */
export class StartError extends Error {
  constructor(why: string) {
    const intro = 'failed to create containerd task: failed to create shim task: OCI runtime create failed'
    super(`${intro}: runc create failed: unable to start container process: error during container init: ${why}`)
  }
}

/** A container whose files lie ready. */
export interface Prepared {
  readonly root: Root
  readonly argv: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** For commands that are run in it later. */
  readonly program: (name: string) => string
  readonly messageFile: string
}

export interface PrepareOptions {
  readonly spec: ContainerSpec
  readonly image: Image
  /** Of the pod's spec. */
  readonly variables: Readonly<Record<string, string>>
  readonly volumes: ReadonlyMap<string, string>
  /** A new folder, for this run of the container alone. */
  readonly folder: string
  readonly interpreters: Readonly<Record<string, string>>
  /** Variables that every process of the node has. */
  readonly inherited: Readonly<Record<string, string>>
}

const portName = (name: string) => `PORT_${name.toUpperCase().replaceAll(/\W/g, '_')}`

const portVariables = ({ ports = [] }: ContainerSpec, local: ReadonlyMap<string, number>) => {
  const [first] = ports
  const of = (port: number) => String(local.get(String(port)))
  return {
    HOST: '127.0.0.1',
    ...(first !== undefined && { PORT: of(first.containerPort) }),
    ...Object.fromEntries(
      ports.flatMap(({ containerPort, name }) =>
        [String(containerPort), name ?? String(containerPort)].map(
          (one) => [portName(one), of(containerPort)] as const,
        ),
      ),
    ),
  }
}

const imageVariables = ({ config }: Image): Readonly<Record<string, string>> =>
  Object.fromEntries((config.config?.Env ?? []).map((line) => line.split(/=(.*)/s).slice(0, 2)))

const MESSAGE_PATH = '/dev/termination-log'

/** Lays out the root folder of a container: a copy of its image, its volumes, and the file for its last message. */
export const prepare = async (options: PrepareOptions): Promise<Prepared> => {
  const { spec, image, variables, volumes, interpreters, inherited } = options
  const folder = join(options.folder, 'rootfs')
  rmSync(options.folder, { recursive: true, force: true })
  await cp(image.rootfs, folder, { recursive: true, verbatimSymlinks: true, mode: files.COPYFILE_FICLONE })
  mkdirSync(await placeInImage(folder, 'tmp'), { recursive: true })
  await placeVolumes(spec, volumes, folder)
  const messageFile = await placeInImage(folder, spec.terminationMessagePath ?? MESSAGE_PATH)
  writeFileSync(messageFile, '')

  const ports = new Map<string, number>()
  for (const { containerPort } of spec.ports ?? []) ports.set(String(containerPort), await freePort())
  const root: Root = { folder, ports }
  const map = (text: string) => mapText(root, text)
  const ofImage = imageVariables(image)
  const path = searchPath(root, variables['PATH'] ?? ofImage['PATH'] ?? '')
  const own = { ...ofImage, ...variables }
  const environment = {
    HOME: folder,
    TMPDIR: join(folder, 'tmp'),
    ...portVariables(spec, ports),
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name, map(value)])),
    ...inherited,
    PATH: [...path, inherited['PATH'] ?? ''].join(':'),
  }
  const { Entrypoint, Cmd, WorkingDir } = image.config.config ?? {}
  const given = spec.command?.length ? spec.command : undefined
  const command = (given ?? Entrypoint ?? []).map((text) => expand(text, own))
  // The arguments of the image belong to its own entry point.
  const args = (spec.args?.length ? spec.args : given === undefined ? (Cmd ?? []) : []).map((text) => expand(text, own))
  const [name = '', ...rest] = [...command, ...args]
  const cwd = await placeInImage(folder, join('/', spec.workingDir ?? WorkingDir ?? '/', '.')).catch(() => folder)
  mkdirSync(cwd, { recursive: true })
  const program = (one: string) => programOf(root, one, path, interpreters)
  return { root, argv: [program(name), ...rest.map(map)], folder: cwd, environment, program, messageFile }
}

const checkStart = ({ argv: [file = ''] }: Prepared, { config }: Image) => {
  if (file === '') throw new StartError('no command specified')
  const { architecture = nodeArchitecture() } = config
  if (architecture !== nodeArchitecture()) throw new StartError(`exec: "${file}": exec format error`)
  if (file.startsWith('/') && !existsSync(file))
    throw new StartError(`exec: "${file}": stat ${file}: no such file or directory`)
}

const startFault = (file: string, { code, message }: NodeJS.ErrnoException): StartError => {
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'executable file not found in $PATH',
    EACCES: 'permission denied',
    ENOEXEC: 'exec format error',
  }
  return new StartError(`exec: "${file}": ${words[code ?? ''] ?? message}`)
}

export interface Running {
  readonly pid: number
  /** Resolves when its first process has ended: the rest of its group is killed then. */
  readonly exit: Promise<number>
}

export type Output = (stream: 'stdout' | 'stderr', chunk: Buffer) => void

const spawned = (argv: readonly string[], prepared: Prepared): ChildProcess => {
  const [file = '', ...args] = argv
  return spawn(file, args, {
    cwd: prepared.folder,
    env: prepared.environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

// Who holds the pipes open after the first process has ended was killed with its group.
const DRAIN_MS = 500

const codeOf = (code: number | null, name: NodeJS.Signals | null): number =>
  code ?? 128 + (name === null ? 0 : constants.signals[name])

const exitOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    child.once('exit', (code, name) => {
      signal(-(child.pid ?? 0), 'SIGKILL')
      const timer = setTimeout(() => resolve(codeOf(code, name)), DRAIN_MS)
      child.once('close', () => {
        clearTimeout(timer)
        resolve(codeOf(code, name))
      })
    })
  })

/** Starts a container's process as the leader of a group of its own. Throws StartError. */
export const start = async (prepared: Prepared, image: Image, output: Output): Promise<Running> => {
  checkStart(prepared, image)
  const [file = ''] = prepared.argv
  let child: ChildProcess
  try {
    child = spawned(prepared.argv, prepared)
  } catch (error) {
    throw startFault(file, error as NodeJS.ErrnoException)
  }
  child.stdout?.on('data', (chunk: Buffer) => output('stdout', chunk))
  child.stderr?.on('data', (chunk: Buffer) => output('stderr', chunk))
  const exit = exitOf(child)
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(startFault(file, error)))
  })
  return { pid: child.pid ?? 0, exit }
}

/** Runs a command beside a container's process, with its files and variables. */
export const execute = async (
  prepared: Prepared,
  command: readonly string[],
  timeoutMs: number,
): Promise<{ readonly code: number; readonly output: string }> => {
  const [name = '', ...args] = command
  const argv = [prepared.program(name), ...args.map((text) => mapText(prepared.root, text))]
  const child = spawned(argv, prepared)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output = `${output}${chunk.toString()}`.slice(0, 10_240)
    })
  const failed = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      output = startFault(name, error).message
      resolve(126)
    })
  })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    signal(-(child.pid ?? 0), 'SIGKILL')
  }, timeoutMs)
  const code = await Promise.race([exitOf(child), failed])
  clearTimeout(timer)
  return isLate
    ? { code: 1, output: `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s` }
    : { code, output }
}

const MESSAGE_BYTES = 4096

/** What the process left as its last words, and removes its files. */
export const cleanUp = ({ messageFile, root }: Prepared): string => {
  const message = existsSync(messageFile) ? readFileSync(messageFile).subarray(0, MESSAGE_BYTES).toString() : ''
  rmSync(dirname(root.folder), { recursive: true, force: true })
  return message
}
