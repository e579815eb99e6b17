import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../..')

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly properties: Readonly<Record<string, string>>
  readonly message: string
}

/** What a step left behind, read as the runner would read it. */
export interface StepResult {
  /** Exit code; undefined when a signal ended the process. */
  readonly code: number | undefined
  /** Everything printed, workflow commands included. */
  readonly text: string
  /** Lines that are not workflow commands. */
  readonly log: string
  readonly annotations: readonly Annotation[]
  readonly masks: readonly string[]
  readonly outputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly summary: string
}

export interface RunningStep {
  readonly pid: number
  readonly kill: (signal: NodeJS.Signals) => void
  /** Resolves as soon as what was printed so far matches. */
  readonly printed: (pattern: RegExp) => Promise<void>
  readonly done: Promise<StepResult>
}

export interface StepOptions {
  /** Folder of the action below actions/. */
  readonly action: string
  readonly inputs?: Readonly<Record<string, string>>
  readonly environment?: Readonly<Record<string, string>>
  readonly event?: unknown
  /** State of the main step, when this is its post. */
  readonly state?: Readonly<Record<string, string>>
  readonly workspace?: string
  readonly nodeOptions?: string
  /** The folder with the bundled actions; the repository's own by default. */
  readonly dist?: string
}

const pairs = (text: string): Readonly<Record<string, string>> => {
  const found: Record<string, string> = {}
  // The form that @actions/core writes: name<<delimiter, value, delimiter.
  for (const [, name = '', , value = ''] of text.matchAll(/^(.+?)<<(ghadelimiter_\S+)\n([\s\S]*?)\n\2$/gm))
    found[name] = value
  return found
}

const unescape = (text: string) =>
  text
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%25', '%')

const properties = (text: string) =>
  Object.fromEntries(
    text
      .split(',')
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), unescape(pair.slice(pair.indexOf('=') + 1))]),
  )

// The runner still hears the older form, anywhere in a line (actions/runner, ActionCommand.cs).
const OLD_COMMAND = /##\[(?<level>error|warning)\](?<message>.*)$/
const COMMAND = /^\s*::(?<name>[\w-]+)(?: (?<properties>.*?))?::(?<value>.*)$/

interface Printed {
  readonly log: readonly string[]
  readonly annotations: readonly Annotation[]
  readonly masks: readonly string[]
}

const readPrinted = (text: string): Printed => {
  const printed = { log: [] as string[], annotations: [] as Annotation[], masks: [] as string[] }
  let stopped: string | undefined
  for (const line of text.split('\n')) {
    if (stopped !== undefined) {
      if (line === `::${stopped}::`) stopped = undefined
      else printed.log.push(line)
      continue
    }
    const { level, message = '' } = OLD_COMMAND.exec(line)?.groups ?? {}
    if (level === 'error' || level === 'warning') printed.annotations.push({ level, properties: {}, message })
    const { name, properties: given = '', value = '' } = COMMAND.exec(line)?.groups ?? {}
    if (name === 'stop-commands') stopped = value
    else if (name === 'add-mask') printed.masks.push(unescape(value))
    else if (name === 'error' || name === 'warning' || name === 'notice')
      printed.annotations.push({ level: name, properties: properties(given), message: unescape(value) })
    else if (name === undefined) printed.log.push(line)
  }
  return printed
}

const FILES = ['OUTPUT', 'STATE', 'STEP_SUMMARY', 'ENV', 'PATH'] as const

const runnerEnvironment = (folder: string, options: StepOptions): Record<string, string> => {
  const event = join(folder, 'event.json')
  writeFileSync(event, JSON.stringify(options.event ?? {}))
  const inputs = Object.entries(options.inputs ?? {}).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const state = Object.entries(options.state ?? {}).map(([name, value]) => [`STATE_${name}`, value])
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: 'step',
    GITHUB_ACTOR: 'ada',
    GITHUB_EVENT_NAME: 'workflow_dispatch',
    GITHUB_EVENT_PATH: event,
    GITHUB_JOB: 'train',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REPOSITORY: 'acme/retail',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '4711',
    GITHUB_RUN_NUMBER: '17',
    GITHUB_SHA: 'abcdef0123456789abcdef0123456789abcdef01',
    GITHUB_WORKFLOW: 'pipeline',
    GITHUB_WORKSPACE: options.workspace ?? folder,
    RUNNER_TEMP: join(folder, 'temp'),
    ...(options.nodeOptions === undefined ? {} : { NODE_OPTIONS: options.nodeOptions }),
    ...Object.fromEntries([...inputs, ...state]),
    ...options.environment,
  }
}

/** Starts the bundled action as the runner does: its own Node process with the runner's environment and files. */
export const startStep = (options: StepOptions): RunningStep => {
  const folder = mkdtempSync(join(tmpdir(), 'step-'))
  mkdirSync(join(folder, 'temp'))
  const paths = Object.fromEntries(FILES.map((name) => [name, join(folder, `${name}-${randomUUID()}`)]))
  for (const path of Object.values(paths)) writeFileSync(path, '')
  const environment = runnerEnvironment(folder, options)
  for (const [name, path] of Object.entries(paths)) environment[`GITHUB_${name}`] = path
  const child = spawn(process.execPath, [join(options.dist ?? join(root, 'dist'), `${options.action}.mjs`)], {
    cwd: options.workspace ?? folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const waiting = new Set<() => void>()
  const collect = (chunk: Buffer) => {
    text += chunk.toString()
    for (const look of waiting) look()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  // A test that gave up must not leave a step behind that waits for hours.
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const read = (name: (typeof FILES)[number]) => readFileSync(paths[name] ?? '', 'utf8')
  const done = new Promise<StepResult>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      process.off('exit', end)
      const printed = readPrinted(text)
      const result: StepResult = {
        code: code ?? undefined,
        text,
        ...printed,
        log: printed.log.join('\n'),
        outputs: pairs(read('OUTPUT')),
        state: pairs(read('STATE')),
        summary: read('STEP_SUMMARY'),
      }
      rmSync(folder, { recursive: true, force: true })
      resolve(result)
    })
  })
  return {
    pid: child.pid ?? 0,
    kill: (signal) => child.kill(signal),
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(text)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
        void done.then(({ text: all }) =>
          reject(new Error(`the step ended before it printed ${String(pattern)}:\n${all}`)),
        )
      }),
    done,
  }
}

/** Runs a bundled action to its end. */
export const runStep = (options: StepOptions): Promise<StepResult> => startStep(options).done

/** Preload it (`--import`) to make an action's sleeps step the clock of the local cloud named in STEPPED_CLOCK. */
export const STEPPED_CLOCK = join(import.meta.dirname, 'stepped-clock.mjs')
