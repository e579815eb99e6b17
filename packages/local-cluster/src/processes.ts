import { readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'

/** When a process was started, in the kernel's own ticks; undefined when it has ended. Tells a reused pid apart. */
const startedAt = (pid: number): string | undefined => {
  try {
    // The second field is a name in parentheses that may hold anything; the start time is the 22nd (proc(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    // One that has ended stays a zombie until its parent looks, which the first process of a container may do late.
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

/** How a process is written down: it is another one when this differs. */
export const signatureOf = (pid: number): string => `${pid} ${startedAt(pid) ?? ''}`

/** Whether the process that wrote its signature down still runs. */
export const isRunning = (signature: string): boolean => {
  const pid = Number(signature.split(' ')[0])
  return pid > 0 && startedAt(pid) !== undefined && signatureOf(pid) === signature
}

/** The ids of all processes of this machine. */
export const allProcesses = (): readonly number[] => readdirSync('/proc').map(Number).filter(Number.isInteger)

/** Signals a process, or with a negative id a whole group, that may be gone already. */
export const signal = (pid: number, name: NodeJS.Signals): void => {
  // To the system call 0 means the group of whoever asks.
  if (pid === 0) return
  try {
    process.kill(pid, name)
  } catch {
    // ESRCH: it is gone, which is what most signals are for.
  }
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

// Below the range from which Linux takes the ports of outgoing connections (net.ipv4.ip_local_port_range), and of
// whoever asks for port 0: none of them can take the port before its owner listens.
const FIRST = 20_000
const LAST = 32_700

/** A port of 127.0.0.1 that is free, for a process that will listen on it in a moment. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST))
    if (await listens(port)) return port
  }
  throw new Error(`no free port on 127.0.0.1 between ${FIRST} and ${LAST}`)
}
