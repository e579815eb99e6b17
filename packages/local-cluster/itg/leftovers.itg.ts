import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { startCluster } from '../src/cluster/cluster.ts'
import { clear, newFolder } from '../src/cluster/folder.ts'
import { findToolchain } from '../src/binary/toolchain.ts'
import { cacheFolder } from '../src/binary/cache.ts'
import { allProcesses } from '../src/processes.ts'
import { binary, makeImages, until } from './world.ts'

jest.setTimeout(60_000)
const images = makeImages()
afterAll(() => rmSync(images.folder, { recursive: true }))
let localkube = ''
beforeAll(async () => {
  localkube = await binary()
}, 40 * 60_000)

// The owner of a cluster in which a pod runs, whose process has a child of its own.
const OWNER = `
  import { startCluster } from '${pathToFileURL(join(import.meta.dirname, '../src/index.ts')).href}'
  const cluster = await startCluster(JSON.parse(process.argv[1]))
  await cluster.api.create('/api/v1/namespaces/default/pods', {
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'sleeper' },
    spec: { containers: [{ name: 'main', image: 'shop/service:v1', command: ['sh', '-c', 'sleep 600 & sleep 600; true'] }] },
  })
  for (let phase; phase !== 'Running';)
    phase = (await cluster.api.get('/api/v1/namespaces/default/pods/sleeper')).status.phase
  console.log(cluster.kubeconfig)
  setInterval(() => {}, 1000)`

const startOwner = async (): Promise<{ readonly owner: ChildProcess; readonly folder: string }> => {
  const options = { binary: localkube, images: { kind: 'table', file: images.table } }
  const args = ['--input-type=module', '--eval', OWNER, JSON.stringify(options)]
  const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(owner, 'exit').then(() => Promise.reject(new Error('the owner ended')))
  const [kubeconfig] = (await Promise.race([once(createInterface(owner.stdout), 'line'), ended])) as [string]
  ended.catch(() => undefined)
  return { owner, folder: dirname(kubeconfig) }
}

/** How the processes of a cluster were called. */
const processesOf = (folder: string): readonly string[] =>
  allProcesses().flatMap((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder)) return []
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()]
    } catch {
      return []
    }
  })

test('what a killed owner leaves is cleared by the next start, and a living one is left alone', async () => {
  const { owner, folder } = await startOwner()
  const running = processesOf(folder)
  for (const part of [
    'etcd',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kubelet/main.ts',
    'sleep 600',
  ])
    expect(running.filter((command) => command.includes(part)).length).toBeGreaterThan(0)
  clear(newFolder())
  expect(processesOf(folder).length).toBe(running.length)

  owner.kill('SIGKILL')
  await once(owner, 'exit')
  expect(existsSync(folder)).toBe(true)
  clear(newFolder())
  await until(() => (processesOf(folder).length === 0 ? true : undefined))
  expect(existsSync(folder)).toBe(false)
})

test('an interrupted owner leaves nothing', async () => {
  const { owner, folder } = await startOwner()
  owner.kill('SIGINT')
  const [, signal] = (await once(owner, 'exit')) as [number | null, string | null]
  expect(signal).toBe('SIGINT')
  expect(existsSync(folder)).toBe(false)
  await until(() => (processesOf(folder).length === 0 ? true : undefined))
})

test('the Go of the control plane is formatted', () => {
  const go = findToolchain(cacheFolder())?.go ?? ''
  const root = execFileSync(go, ['env', 'GOROOT'], { encoding: 'utf8' }).trim()
  const source = join(import.meta.dirname, '../control-plane')
  expect(execFileSync(join(root, 'bin/gofmt'), ['-l', source], { encoding: 'utf8' })).toBe('')
})

test('a cluster that can’t start says which part ended and why, and leaves nothing', async () => {
  const options = { binary: '/bin/false', images: { kind: 'table' as const, file: images.table } }
  const refused = await startCluster(options).then(() => '', String)
  expect(refused).toMatch(/has ended\n/)
  const [, folder = ''] = /\n(\/[^\n]*)\/[\w-]+\.log:/.exec(refused) ?? []
  expect(folder).toContain('mlops-cluster-')
  expect(existsSync(folder)).toBe(false)
})
