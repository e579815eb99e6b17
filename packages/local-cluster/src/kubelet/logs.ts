import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
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

const linesOf = (text: string): readonly string[] => text.split('\n').slice(0, -1)

const bytesFrom = (descriptor: number, from: number): Buffer => {
  const bytes = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - from))
  return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, from))
}

export interface LogReader {
  /** Complete lines that were written since it was asked last, even after the file was removed. */
  readonly next: () => readonly string[]
  readonly close: () => void
}

/** Follows a log from its end, through rotation. */
export const followLog = (file: string): LogReader => {
  let descriptor = openSync(file, 'r')
  const complete = (bytes: Buffer) => bytes.subarray(0, bytes.lastIndexOf(10) + 1)
  let read = complete(bytesFrom(descriptor, 0)).length
  const take = (): readonly string[] => {
    const bytes = complete(bytesFrom(descriptor, read))
    read += bytes.length
    return linesOf(bytes.toString())
  }
  return {
    next: () => {
      const lines = take()
      const now = statSync(file, { throwIfNoEntry: false })
      if (now === undefined || now.ino === fstatSync(descriptor).ino) return lines
      closeSync(descriptor)
      descriptor = openSync(file, 'r')
      read = 0
      return [...lines, ...take()]
    },
    close: () => closeSync(descriptor),
  }
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

const linesIn = (file: string) => (existsSync(file) ? linesOf(readFileSync(file, 'utf8')) : [])

/** All lines that are kept of a log. */
export const keptLines = (file: string): readonly string[] => [...linesIn(older(file)), ...linesIn(file)]

const MESSAGE_BYTES = 2048
const MESSAGE_LINES = 80

/** What the API tells of a container that failed without a message of its own: the end of its log. */
export const lastWords = (file: string): string =>
  keptLines(file).slice(-MESSAGE_LINES).map(wordsOf).join('\n').slice(-MESSAGE_BYTES)
