import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from '@jest/globals'
import { controlOf } from '../src/control.ts'
import { type Account, type LocalJob, prepareLocalCloud, startLocalCloud } from '../src/index.ts'

const statement = { Effect: 'Allow', Action: '*', Resource: '*' }
const trusted = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'sagemaker.amazonaws.com' } }
const policyOf = (one: unknown) => ({ Version: '2012-10-17', Statement: [one] })

const python = prepareLocalCloud()
const account: Account = {
  accountId: '123456789012',
  region: 'us-east-1',
  admin: { accessKeyId: 'AKIALOCALADMIN000000', secretAccessKey: 'local-admin' },
  oidcProviders: [],
  roles: [{ name: 'job', trust: policyOf(trusted), policies: { all: policyOf(statement) }, maxSessionSeconds: 3600 }],
  users: [],
  buckets: ['data'],
  objects: [],
  images: [{ match: '*', python }],
  quotas: [],
}

const root = mkdtempSync(join(tmpdir(), 'launch-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const newStates = () => mkdtempSync(join(root, 'states-'))

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const until = async <T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> => {
  for (let tries = 0; tries < 400; tries += 1) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(50)
  }
  throw new Error('it did not happen in time')
}

const gone = (pid: number) => until(() => (isAlive(pid) ? undefined : true))

/** Starts a job that sleeps and gives the process of its code. */
const startJob = async (endpoint: string): Promise<number> => {
  execFileSync(python, [join(import.meta.dirname, 'start-job.py'), endpoint])
  const running = ({ name, pid }: LocalJob) => name === 'sleeper' && pid !== undefined
  return until(async () => (await controlOf(endpoint).jobs()).find(running)?.pid)
}

test('a cloud is controlled while it runs, and leaves nothing when it is stopped', async () => {
  const states = newStates()
  const { endpoint, pid, control, stop } = await startLocalCloud({ account, states })
  const before = await control.now()
  await control.advance(3600)
  expect((await control.now()) - before).toBeGreaterThanOrEqual(3600)
  const job = await startJob(endpoint)
  expect((await control.calls()).map(({ operation }) => operation)).toContain('CreateTrainingJob')
  await control.clearCalls()
  expect((await control.calls()).filter(({ operation }) => operation === 'CreateTrainingJob')).toEqual([])
  await stop()
  await gone(job)
  expect(isAlive(pid)).toBe(false)
  expect(readdirSync(states)).toEqual([])
})

test('two clouds know nothing of each other', async () => {
  const states = newStates()
  const [one, other] = await Promise.all([startLocalCloud({ account, states }), startLocalCloud({ account, states })])
  await startJob(one.endpoint)
  expect((await one.control.jobs()).map(({ name }) => name)).toEqual(['sleeper'])
  expect(await other.control.jobs()).toEqual([])
  await one.stop()
  expect(await other.control.now()).toBeGreaterThan(0)
  await other.stop()
})

const HOLD = `
  import { startLocalCloud } from '${pathToFileURL(join(import.meta.dirname, '../src/index.ts')).href}'
  const { endpoint, pid } = await startLocalCloud(JSON.parse(process.argv[1]))
  console.log(JSON.stringify({ endpoint, pid }))
  setInterval(() => {}, 1000)`

test('a cloud and its jobs end when the process that started them is killed', async () => {
  const states = newStates()
  const options = ['--input-type=module', '--eval', HOLD, JSON.stringify({ account, states })]
  const holder = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(createInterface(holder.stdout), 'line')) as [string]
  const { endpoint, pid } = JSON.parse(said) as { readonly endpoint: string; readonly pid: number }
  const job = await startJob(endpoint)
  holder.kill('SIGKILL')
  await Promise.all([gone(pid), gone(job)])
  expect(readdirSync(states)).toEqual([])
}, 30_000)

test('an account that cannot be is refused with the reason', async () => {
  const [role] = account.roles
  const broken = { ...account, roles: [{ ...role, trust: policyOf({ ...trusted, Effect: 'Perhaps' }) }] }
  await expect(startLocalCloud({ account: broken as Account, states: newStates() })).rejects.toThrow(
    'Effect must be Allow or Deny',
  )
})
