import { spawn } from 'node:child_process'
import { TRACKING_VARIABLE } from './processes.ts'

// Reads a line: a runner that ends properly writes one, a killed one only closes the pipe. Then, as when a hosted machine
// is lost, nothing of the run goes on. Three rounds, because a process may fork between being seen and being killed.
const SCRIPT = `
read -r farewell && exit 0
for round in 1 2 3; do
  for environ in $(grep -lsz "^${TRACKING_VARIABLE}=$1" /proc/[0-9]*/environ); do
    pid=\${environ#/proc/}
    kill -9 "\${pid%/environ}" 2>/dev/null
  done
done
rm -rf "$2"
`

export interface Watchdog {
  /** Sends it home; nothing is killed. */
  readonly dismiss: () => void
}

/** Watches this process from outside: when it is killed, all processes whose tracking id begins so are too. */
export const startWatchdog = (trackingPrefix: string, folder: string): Watchdog => {
  const dog = spawn('sh', ['-c', SCRIPT, 'watchdog', trackingPrefix, folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  dog.unref()
  return { dismiss: () => dog.stdin.end('done\n') }
}
