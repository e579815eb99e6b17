import { appendFileSync, chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { stepContext } from '@mlops/testing'
import { execLogin } from '../src/connection/exec-login.ts'
import { manualClock } from './manual-clock.ts'

/** A program that notes each run with what it sees, and prints what it is told to. */
const program = (print: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'exec-'))
  const [command, noted] = [join(folder, 'login'), join(folder, 'noted')]
  appendFileSync(noted, '')
  const script = [
    `#!${process.execPath}`,
    `const { env, argv } = process`,
    `require('node:fs').appendFileSync(${JSON.stringify(noted)}, JSON.stringify({ env, args: argv.slice(2) }) + '\\n')`,
    print,
  ]
  writeFileSync(command, script.join('\n'))
  chmodSync(command, 0o755)
  interface Run {
    readonly env: Readonly<Record<string, string>>
    readonly args: readonly string[]
  }
  const runs = () =>
    readFileSync(noted, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Run)
  return { command, runs }
}
const printing = (status: object) => program(`console.log(${JSON.stringify(JSON.stringify({ status }))})`)

test('a program is run with the environment of the step and its own variables, and with nothing else', async () => {
  process.env['OF_THIS_PROCESS'] = 'must not be seen'
  const { command, runs } = printing({ token: 'abc' })
  const exec = {
    command,
    args: ['token', '--cluster', 'shop'],
    env: [{ name: 'MODE', value: 'ci' }],
    provideClusterInfo: true,
  }
  const context = { ...stepContext(), environment: { OF_THE_STEP: 'seen' } }
  const login = execLogin(exec, { server: 'https://shop.example.test' }, context)
  expect(await login(false)).toEqual({ authorization: 'Bearer abc' })
  const [run] = runs()
  const { KUBERNETES_EXEC_INFO = '', ...env } = run?.env ?? {}
  expect(env).toEqual({ OF_THE_STEP: 'seen', MODE: 'ci' })
  expect(run?.args).toEqual(['token', '--cluster', 'shop'])
  expect(JSON.parse(KUBERNETES_EXEC_INFO)).toMatchObject({
    kind: 'ExecCredential',
    spec: { interactive: false, cluster: { server: 'https://shop.example.test' } },
  })
})

test('it is run again after ten minutes, and when its credential was refused', async () => {
  const clock = manualClock()
  const { command, runs } = printing({ clientCertificateData: 'cert', clientKeyData: 'key' })
  const login = execLogin({ command }, {}, { ...stepContext(), clock })
  const [one, other] = await Promise.all([login(false), login(false)])
  expect([one, other]).toEqual([{ cert: 'cert', key: 'key' }, one])
  await clock.advance(9 * 60_000)
  await login(false)
  expect(runs()).toHaveLength(1)
  await clock.advance(60_000)
  await login(false)
  expect(runs()).toHaveLength(2)
  await login(true)
  expect(runs()).toHaveLength(3)
})

test.each([
  ['prints no JSON', 'console.log("hush-hush")', 'neither a token nor a certificate'],
  ['prints no credential', 'console.log("{}")', 'neither a token nor a certificate'],
  ['complains', 'console.error("no session"); process.exit(3)', 'no session'],
  ['is not there', '', 'ENOENT'],
])('a program that %s is named with why, and is run anew the next time', async (_, print, why) => {
  const { command, runs } = program(print)
  const login = execLogin({ command: print === '' ? '/nowhere/login' : command }, {}, stepContext())
  const failure = { facts: expect.objectContaining({ code: 'E-UNAUTHENTICATED', why: expect.stringContaining(why) }) }
  await expect(login(false)).rejects.toMatchObject(failure)
  await expect(login(false)).rejects.toMatchObject(failure)
  await expect(login(false)).rejects.not.toMatchObject({ message: expect.stringContaining('hush-hush') })
  expect(runs()).toHaveLength(print === '' ? 0 : 3)
})

test('a program without a name is refused', () => {
  expect(() => execLogin({}, {}, stepContext())).toThrow('names no command')
})
