import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

// As the real kubelet's containerLogMaxSize; the file before it is kept.
const ROTATE_BYTES = 10 * 1024 * 1024
const LONGEST_LINE = 256 * 1024

export interface LogWriter {
  readonly write: (stream: 'stdout' | 'stderr', chunk: Buffer) => void
  readonly end: () => void
}

const older = (file: string) => `${file}.1`

/** Writes what a container says, a line at a time with its time. */
export const createLog = (file: string): LogWriter => {
  mkdirSync(dirname(file), { recursive: true })
  let descriptor = openSync(file, 'a')
  const rest = { stdout: '', stderr: '' }
  const put = (text: string) => {
    if (text === '') return
    writeSync(descriptor, text)
    if (fstatSync(descriptor).size < ROTATE_BYTES) return
    closeSync(descriptor)
    renameSync(file, older(file))
    descriptor = openSync(file, 'a')
  }
  const stamped = (lines: readonly string[]) => {
    const now = new Date().toISOString()
    return lines.map((line) => `${now} ${line}\n`).join('')
  }
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }
  return {
    write: (stream, chunk) => {
      const lines = (rest[stream] + decoders[stream].decode(chunk, { stream: true })).split('\n')
      const last = lines.pop() ?? ''
      const isLong = last.length > LONGEST_LINE
      rest[stream] = isLong ? '' : last
      put(stamped(isLong ? [...lines, last] : lines))
    },
    end: () => {
      put(stamped([rest.stdout, rest.stderr].filter((line) => line !== '')))
      closeSync(descriptor)
    },
  }
}

export interface LogOptions {
  readonly timestamps: boolean
  readonly tailLines: number | undefined
  /** Milliseconds since 1970. */
  readonly since: number | undefined
  readonly limitBytes: number | undefined
}

const wordsOf = (line: string) => line.slice(line.indexOf(' ') + 1)
const timeOf = (line: string) => Date.parse(line.slice(0, line.indexOf(' ')))

/** Complete lines that were written to a log until now, and how much of its file that is. */
export const readLog = (file: string, from = 0): { readonly lines: readonly string[]; readonly read: number } => {
  if (!existsSync(file)) return { lines: [], read: from }
  const all = readFileSync(file)
  // It was rotated away since: what is new is in a new file.
  const start = all.length < from ? 0 : from
  const end = all.lastIndexOf(10) + 1
  if (end <= start) return { lines: [], read: start }
  return { lines: all.subarray(start, end).toString().split('\n').slice(0, -1), read: end }
}

/** The lines of a log that somebody asked for, as they asked for them. */
export const chooseLines = (
  lines: readonly string[],
  { timestamps, tailLines, since }: Omit<LogOptions, 'limitBytes'>,
) => {
  const late = since === undefined ? lines : lines.filter((line) => timeOf(line) >= since)
  const last = tailLines === undefined ? late : late.slice(Math.max(0, late.length - tailLines))
  return last.map((line) => `${timestamps ? line : wordsOf(line)}\n`).join('')
}

/** All lines that are kept of a log. */
export const keptLines = (file: string): readonly string[] => [...readLog(older(file)).lines, ...readLog(file).lines]

const MESSAGE_BYTES = 2048
const MESSAGE_LINES = 80

/** What the API tells of a container that failed without a message of its own: the end of its log. */
export const lastWords = (file: string): string =>
  keptLines(file).slice(-MESSAGE_LINES).map(wordsOf).join('\n').slice(-MESSAGE_BYTES)
