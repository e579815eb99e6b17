export interface Frame {
  readonly file: string
  readonly line: number
}

export interface Traceback {
  /** The text as Python printed it. */
  readonly lines: readonly string[]
  readonly frames: readonly Frame[]
  /** The line that names the exception: `ValueError: bad column`. */
  readonly exception: string
}

const FRAME = /^\s*File "(?<file>[^"]+)", line (?<line>\d+)/
const isInside = (line: string) => /^\s/.test(line) || line === ''

/**
 * Finds the last traceback in a log. A syntax error in the script itself has none of the usual heading, so frames are
 * what is looked for; in a chain of exceptions the last one is the one that ended the job.
 */
export const lastTraceback = (log: readonly string[]): Traceback | undefined => {
  const last = log.findLastIndex((line) => FRAME.test(line))
  if (last < 0) return undefined
  const end = log.findIndex((line, index) => index > last && !isInside(line))
  const above = log.findLastIndex((line, index) => index < last && !isInside(line))
  const start = above >= 0 && log[above]?.startsWith('Traceback') === true ? above : above + 1
  const lines = log.slice(start, end < 0 ? undefined : end + 1)
  const frames = lines.flatMap((line) => {
    const { file, line: number } = FRAME.exec(line)?.groups ?? {}
    return file === undefined ? [] : [{ file, line: Number(number) }]
  })
  return { lines, frames, exception: (end < 0 ? lines.at(-1) : log[end]) ?? '' }
}

/**
 * The innermost frame that lies in the user's own files, as a path relative to their folder. Where the container has
 * put the code differs between training, processing and images, so paths are compared from their end.
 */
export const ownFrame = ({ frames }: Traceback, sources: readonly string[]): Frame | undefined => {
  for (const { file, line } of frames.toReversed()) {
    if (/\/(site|dist)-packages\//.test(file)) continue
    const found = sources
      .filter((source) => file === source || file.endsWith(`/${source}`))
      .toSorted((a, b) => b.length - a.length)[0]
    if (found !== undefined) return { file: found, line }
  }
  return undefined
}
