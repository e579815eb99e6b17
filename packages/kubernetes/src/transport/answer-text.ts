import type { IncomingMessage } from 'node:http'

/** More than any prediction; whoever sends without end is not waited for. */
export const LARGEST_ANSWER = 8 * 1024 * 1024

/** The text of a response. Rejects as soon as it is longer than it may be. */
export const answerText = async (response: IncomingMessage, longest: number): Promise<string> => {
  response.setEncoding('utf8')
  let text = ''
  for await (const chunk of response) {
    text += chunk as string
    if (text.length > longest) throw new Error(`the answer is longer than ${longest} characters`)
  }
  return text
}
