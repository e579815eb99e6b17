import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'

/** What can be asked for by name; resolves to what is answered. */
export type Commands = Readonly<Record<string, (members: Readonly<Record<string, unknown>>) => Promise<string | void>>>

const membersOf = async (request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> => {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return JSON.parse(text || '{}') as Readonly<Record<string, unknown>>
}

/** Takes commands of the owner of a cluster on a Unix socket, which nobody else may open. */
export const serveControl = async (socket: string, commands: Commands): Promise<void> => {
  const run = async (request: IncomingMessage): Promise<string | void> => {
    const command = commands[(request.url ?? '').slice(1)]
    if (command === undefined) throw new Error(`no command ${request.url}`)
    return command(await membersOf(request))
  }
  const server = createServer((request, response) => {
    run(request).then(
      (said) => response.end(said ?? ''),
      (error: unknown) => response.writeHead(400).end(String(error)),
    )
  })
  rmSync(socket, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
}
