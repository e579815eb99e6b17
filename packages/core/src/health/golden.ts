import { isRecord } from '../registry/document.ts'

/** A request with the answer that this very model gave when it was judged. */
export interface GoldenAnswer {
  readonly id: string
  readonly request: unknown
  readonly response: unknown
}

const readLine = (line: string): GoldenAnswer | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    if (!isRecord(value) || value['request'] === undefined || value['response'] === undefined) return undefined
    const { id = '', request, response } = value
    return { id: String(id), request, response }
  } catch {
    return undefined
  }
}

/** Reads golden.jsonl: a request and its answer per line. A word says why it is none. */
export const readGolden = (text: string): readonly GoldenAnswer[] | string => {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const answers = lines.map(readLine)
  const bad = answers.indexOf(undefined)
  if (bad >= 0) return `line ${bad + 1} holds no request with its response`
  return answers.length === 0 ? 'it is empty' : answers.filter((answer) => answer !== undefined)
}
