import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Account } from './account.ts'
import { type Control, controlOf } from './control.ts'
import { cacheFolder, pythonEnvironment } from './python-environment.ts'

const python = join(import.meta.dirname, '../python')

/** Makes the Python environment of the cloud when it is not there yet, and gives its interpreter. */
export const prepareLocalCloud = (): string => pythonEnvironment(join(python, 'requirements.txt'))
/** The same with what the cloud's own tests need. */
export const prepareLocalCloudTests = (): string => pythonEnvironment(join(python, 'requirements-test.txt'))

export interface LocalCloud {
  /** `http://127.0.0.1:<port>` for all services. */
  readonly endpoint: string
  readonly pid: number
  readonly control: Control
  readonly stop: () => Promise<void>
}

export interface LaunchOptions {
  readonly account: Account
  /** Folder for the files of jobs; below the user's cache by default. */
  readonly states?: string
}

/** Starts a local cloud. It ends with `stop`, or by itself when this process is gone. Throws what it printed. */
export const startLocalCloud = async ({ account, states }: LaunchOptions): Promise<LocalCloud> => {
  const folder = mkdtempSync(join(tmpdir(), 'local-cloud-'))
  const document = join(folder, 'account.json')
  writeFileSync(document, JSON.stringify(account), { mode: 0o600 })
  const child = spawn(
    prepareLocalCloud(),
    [
      ...['-m', 'local_cloud'],
      ...['--account', document],
      ...['--states', states ?? join(cacheFolder(), 'local-cloud')],
      ...['--parent', String(process.pid)],
    ],
    { cwd: python, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } },
  )
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-8000)
  })
  const closed = once(child, 'close')
  const first = once(createInterface(child.stdout), 'line') as Promise<[string]>
  const said = await Promise.race([first, closed.then(() => undefined)])
  rmSync(folder, { recursive: true, force: true })
  if (said === undefined) throw new Error(`the local cloud did not start:\n${complaints}`)
  const { endpoint } = JSON.parse(said[0]) as { readonly endpoint: string }
  return {
    endpoint,
    pid: child.pid ?? 0,
    control: controlOf(endpoint),
    stop: async () => {
      child.kill('SIGTERM')
      await closed
    },
  }
}
