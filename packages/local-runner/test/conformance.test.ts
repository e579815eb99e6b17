// What GitHub promises, each with the page (or source of its runner) that says so.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createIssuer } from '../src/index.ts'
import { messages, once, pages, says } from './promises.ts'
import { createSandbox, isAlive, type Ran, type Sandbox, until } from './sandbox.ts'

let sandbox: Sandbox

beforeAll(() => {
  sandbox = createSandbox()
})

afterAll(() => sandbox.dispose())

const results = ({ record }: Ran) => Object.fromEntries(record.jobs.map(({ id, result }) => [id, result]))
const calledSays = (who: string, passed: boolean) =>
  `${who} passed=${passed} workflow_dispatch env=[], three levels down`

const claimsIn = ({ artifact }: Ran, job: string): Readonly<Record<string, unknown>> => {
  const { value } = JSON.parse(artifact(`token-${job}`, 'token.json')) as { readonly value: string }
  return JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()) as Readonly<Record<string, unknown>>
}

const runsGate = () => join(sandbox.folder, 'runs-gate')

const tickets = () => {
  const root = join(sandbox.folder, 'cache/concurrency/mlops-actions_mlops-actions')
  return readdirSync(root, { recursive: true }).filter((name) => /\d{20}-[\w-]+$/.test(String(name))).length
}

const begin = (id: string, cancel: boolean) =>
  sandbox.start('group.yml', { inputs: { id, cancel: String(cancel) }, environment: { GATE: runsGate() } })

const began = async (started: ReturnType<typeof begin>) => until(() => existsSync(started.tracePath))

const immutableSubjects =
  'https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/'

describe('jobs that need others', () => {
  const ran = once(async () => sandbox.run('needs.yml'))

  says(pages.syntax, 'a failure skips all jobs down the chain, unless their condition lets them run', () => {
    expect(results(ran())).toMatchObject({
      bad: 'failure',
      'after-bad': 'skipped',
      'when-bad': 'success',
      'at-last': 'success',
    })
  })

  says(pages.syntax, 'a skip applies to all jobs from its point on, also behind one that ran in spite of it', () => {
    expect(results(ran())).toMatchObject({
      never: 'skipped',
      'after-skipped': 'skipped',
      'in-spite': 'success',
      'behind-in-spite': 'skipped',
    })
  })

  says(pages.expressions, 'failure() is true when any ancestor failed', () => {
    expect(results(ran())['when-ancestor-bad']).toBe('success')
  })

  says(pages.contexts, 'needs has the outputs and the result of each needed job', () => {
    expect(ran().job('after-good').outputs).toEqual({ heard: 'hello/success' })
    expect(ran().job('at-last').outputs).toEqual({ results: 'skipped,skipped' })
  })

  says('https://github.com/actions/runner/issues/1161', 'a failed job with continue-on-error counts as success', () => {
    expect(ran().job('after-forgiven').outputs).toEqual({ result: 'success' })
  })

  says(pages.syntax, 'one failed job makes the run a failure', () => {
    expect(ran().record.result).toBe('failure')
  })
})

describe('steps of a job', () => {
  const ran = once(async () => sandbox.run('steps.yml'))

  says(pages.contexts, 'outcome is before, conclusion after continue-on-error; skipped is both', () => {
    expect(ran().job('conditions').outputs).toMatchObject({ soft: 'failure/success', skipped: 'skipped/skipped' })
  })

  says(pages.expressions, 'after a failure only steps whose condition says so run', () => {
    expect(ran().job('conditions').outputs).toMatchObject({
      after: 'skipped',
      'when-failed': 'success',
      status: 'failure',
    })
  })

  says(`${pages.runner}/StepsRunner.cs`, 'a condition that cannot be evaluated fails its step', () => {
    expect(ran().job('conditions').outputs).toMatchObject({ broken: 'failure' })
    expect(messages(ran(), 'conditions').some((message) => message.includes("fromJSON('nonsense')"))).toBe(true)
  })

  says(pages.syntax, 'no shell is bash -e without pipefail; shell: bash has pipefail; python and sh run', () => {
    expect(ran().job('shells').outputs).toEqual({ plain: 'success', bash: 'failure', python: 'python', sh: 'sh' })
  })

  says(pages.variables, 'the innermost env wins, in the environment and in the env context', () => {
    expect(ran().job('environment').outputs).toMatchObject({ levels: 'step yes', context: 'job' })
  })

  says(pages.syntax, 'working-directory of a step wins over the one of defaults', () => {
    expect(ran().job('environment').outputs).toMatchObject({ folder: 'deeper' })
  })

  says(pages.commands, 'GITHUB_ENV reaches later steps alone, with values of many lines', () => {
    expect(ran().job('environment').outputs).toMatchObject({ next: 'first|a=b//c<<d/|from a step' })
    expect(ran().trace).toContain('here: ')
  })

  says(pages.commands, 'GITHUB_* cannot be overwritten, CI can', () => {
    expect(ran().job('environment').outputs).toMatchObject({ kept: '40 overwritten' })
  })

  says(pages.commands, 'GITHUB_PATH puts a folder before the others', () => {
    expect(ran().job('environment').outputs).toMatchObject({ tool: 'mine' })
  })

  says(pages.commands, 'NODE_OPTIONS cannot be set through GITHUB_ENV', () => {
    expect(ran().job('bad-files').outputs).toMatchObject({ refused: 'failure' })
  })

  says(`${pages.runner}/FileCommandManager.cs`, 'a malformed command file fails the step', () => {
    expect(ran().job('bad-files').outputs).toMatchObject({ open: 'failure', malformed: 'failure' })
  })

  says(
    `${pages.runner}/FileCommandManager.cs`,
    'the first of = and << decides; a failed step keeps its outputs',
    () => {
      expect(ran().job('bad-files').outputs).toMatchObject({ survived: 'a=b<<c' })
    },
  )

  says(
    `${pages.runner}/JobExtension.cs`,
    'what a step leaves running goes on during the job and is ended with it',
    () => {
      const { pid, still } = ran().job('background').outputs
      expect(still).toBe('there')
      expect(isAlive(Number(pid))).toBe(false)
    },
  )
})

describe('pre, main and post of JavaScript actions', () => {
  const ran = once(async () => sandbox.run('post.yml'))

  says(pages.metadata, 'posts run last in, first out, with the state of their main, also after a failure', () => {
    const order = ran().trace.filter((line) => /^(main|post) (one|two)/.test(line))
    expect(order).toEqual(['main one main', 'main two main', 'post two', 'post one'])
  })

  says(pages.metadata, 'a post-if that does not hold skips the post; a main that was skipped has none', () => {
    expect(ran().trace).not.toContain('post of success')
    expect(ran().trace).not.toContain('post never')
  })

  says(pages.metadata, 'a pre runs before the first step of the job and shares its state', () => {
    const stages = ran().trace.filter((line) => ['pre', 'first step', 'main', 'post'].includes(line))
    expect(stages).toEqual(['pre', 'first step', 'main', 'post'])
  })

  says(pages.metadata, 'a deprecated input is a warning, an unknown one too', () => {
    const said = messages(ran(), 'order').filter((message) => message.startsWith('warning'))
    expect(said).toHaveLength(2)
    expect(said.join()).toContain("'old'")
    expect(said.join()).toContain("'unknown'")
  })
})

describe.each([
  ['cancel.yml', ''],
  ['cancel-caller.yml', 'call/'],
])('cancelling a run of %s', (workflow, prefix) => {
  let ran: Ran
  let pids: readonly number[]

  beforeAll(async () => {
    const [pidFile, gate] = ['pids', 'gate'].map((name) => join(sandbox.folder, `${name}-${workflow}`))
    if (pidFile === undefined || gate === undefined) throw new Error('no paths')
    const started = sandbox.start(workflow, { environment: { PIDS: pidFile, GATE: gate } })
    await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8').includes(' '))
    started.cancel()
    await until(() => existsSync(started.tracePath) && readFileSync(started.tracePath, 'utf8').includes('SIGINT'))
    writeFileSync(gate, '')
    ran = await started.ran()
    pids = readFileSync(pidFile, 'utf8').split(' ').map(Number)
  })

  says(pages.cancellation, 'the entry process alone gets SIGINT, later SIGTERM, and is killed at last', () => {
    expect(ran.trace.filter((line) => line.includes('SIG'))).toEqual(['SIGINT', 'SIGTERM'])
  })

  says(pages.cancellation, 'the process tree is gone afterwards', () => {
    expect(pids.filter(isAlive)).toEqual([])
  })

  says(pages.expressions, 'cancelled() and always() steps run, others and failure() do not', () => {
    expect(ran.trace).toContain('cancelled step')
    expect(ran.trace).toContain('always step cancelled')
    expect(ran.trace).not.toContain('ordinary step')
    expect(ran.trace).not.toContain('failure step')
  })

  says(pages.metadata, 'the post of the cancelled action runs with the state saved before the kill', () => {
    expect(ran.trace).toContain('post training-1')
  })

  says(pages.cancellation, 'a running job whose condition still holds is not cancelled', () => {
    expect(ran.trace).toContain('unstoppable went on')
    expect(ran.job(`${prefix}unstoppable`).result).toBe('success')
  })

  says(pages.expressions, 'a later job with always() runs, one without does not', () => {
    expect(ran.trace).toContain('rollback after cancelled')
    expect(ran.trace).not.toContain('ordinary job')
    expect(['train', 'after', 'rollback'].map((id) => ran.job(`${prefix}${id}`).result)).toEqual([
      'cancelled',
      'skipped',
      'success',
    ])
    expect(ran.record.result).toBe('cancelled')
  })

  says(pages.cancellation, 'when the time to clean up is over, everything is killed', async () => {
    const pidFile = join(sandbox.folder, `hard-pids-${workflow}`)
    const started = sandbox.start(workflow, {
      environment: { PIDS: pidFile, GATE: '/nonexistent' },
      timing: { minuteMs: 60_000, grace: { untilTerminateMs: 60_000, untilKillMs: 60_000 }, cancelLimitMs: 200 },
    })
    await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8').includes(' '))
    started.cancel()
    const ended = await started.ran()
    expect(ended.record.result).toBe('cancelled')
  })
})

describe('matrices', () => {
  const ran = once(async () => sandbox.run('matrix.yml'))
  const names = (prefix: string) =>
    ran()
      .record.jobs.filter(({ id }) => id.startsWith(prefix))
      .map(({ name }) => name.trim())

  says(pages.matrix, 'include adds to every combination whose original values it leaves alone', () => {
    expect(names('fruits').toSorted()).toEqual(
      [
        'fruit apple cat pink circle',
        'fruit apple dog green circle',
        'fruit pear cat pink',
        'fruit pear dog green',
        'fruit banana',
        'fruit banana cat',
      ].toSorted(),
    )
  })

  says(pages.matrix, 'exclude takes combinations out', () => {
    expect(names('excluded')).toEqual(['excluded (linux, 1)', 'excluded (linux, 2)', 'excluded (windows, 2)'])
  })

  says(pages.matrix, 'a matrix can come from an output; max-parallel holds', () => {
    const order = ran().trace.filter((line) => /^(begin|end)/.test(line))
    expect(order).toEqual(['begin 1 0/2', 'end 1', 'begin 2 1/2', 'end 2'])
  })

  says(pages.matrix, 'fail-fast cancels the other jobs of the matrix', () => {
    expect(results(ran())).toMatchObject({ 'fast (fail)': 'failure', 'fast (wait)': 'cancelled' })
    expect(results(ran())).toMatchObject({ 'queued (fail)': 'failure', 'queued (wait)': 'cancelled' })
    expect(ran().trace).toContain('always fail')
    expect(ran().trace).not.toContain('always wait')
  })

  says(pages.matrix, 'without fail-fast the others end; the matrix as a whole failed', () => {
    expect(results(ran())).toMatchObject({ 'slow (fail)': 'failure', 'slow (wait)': 'success' })
    expect(ran().job('after-slow').outputs).toEqual({ result: 'failure' })
  })
})

describe('reusable workflows', () => {
  const ran = once(async () => sandbox.run('caller.yml', { secrets: { PASSED: 'a-secret-value' } }))

  says(pages.reuse, 'inputs are typed and defaulted, secrets are those named, env is not handed on', () => {
    expect(ran().job('after').outputs['call']).toBe(calledSays('demo true 3 token=true', false))
  })

  says(pages.reuse, 'secrets: inherit hands all on', () => {
    expect(ran().job('after').outputs['inherit']).toBe(calledSays('second false 3 token=false', true))
  })

  says(pages.reuse, 'an input of the wrong type fails the call', () => {
    expect(ran().job('wrong').result).toBe('failure')
    expect(messages(ran(), 'wrong')).toEqual(['error: input "flag" is "maybe", which is not a boolean'])
  })

  says(pages.reuse, 'called workflows can be nested', () => {
    expect(ran().job('call/nested/deep').name).toBe('call / nested / deep')
  })

  says(pages.reuse, 'a called workflow may not ask for more than its caller has', async () => {
    const end = await sandbox.start('too-much.yml').end
    expect(end).toMatchObject({
      kind: 'refused',
      refusals: [{ what: 'the nested job "token" is requesting "id-token: write"' }],
    })
  })
})

describe('masks', () => {
  const secret = 'hunter-22\nline-two-9'
  const ran = once(async () => sandbox.run('masks.yml', { secrets: { PASSWORD: secret } }))

  says(pages.secrets, 'secrets, each of their lines, and masked values never reach a log or a summary', () => {
    const everything =
      ['hide', 'after'].map((id) => ran().log(id)).join('') + readFileSync(join(ran().out, 'summary.md'), 'utf8')
    for (const text of ['hunter-22', 'line-two-9', 'made-up-42', Buffer.from('made-up-42').toString('base64')])
      expect(everything).not.toContain(text)
    expect(everything).toContain('now *** is hidden')
    expect(ran().log('hide')).toMatch(/^token \*\*\*$/m)
    expect(readFileSync(join(ran().out, 'run.json'), 'utf8')).not.toContain('hunter-22')
  })

  says(`${pages.runner}/JobExtension.cs`, 'a job output that contains a mask is dropped with a warning', () => {
    expect(ran().job('hide').outputs).toEqual({ fine: 'harmless' })
    expect(ran().job('after').outputs).toEqual({ got: '[] harmless' })
    expect(messages(ran(), 'hide')).toContain("warning: Skip output 'leaks' since it may contain secret.")
  })
})

describe('permissions', () => {
  const issuer = createIssuer()
  const ran = once(async () => sandbox.run('tokens.yml', { oidcKey: issuer.privateKeyPem }))
  const repository = 'repo:mlops-actions/mlops-actions'

  says(pages.oidc, 'without id-token: write there is no token endpoint', () => {
    expect(ran().job('none').outputs).toEqual({ url: '[]' })
  })

  says(pages.oidc, 'sub names the ref; the token lives five minutes and has the audience asked for', () => {
    const claims = claimsIn(ran(), 'write')
    expect(claims).toMatchObject({
      iss: 'https://token.actions.githubusercontent.com',
      sub: `${repository}:ref:refs/heads/main`,
      aud: 'sts.amazonaws.com',
      repository: 'mlops-actions/mlops-actions',
      ref: 'refs/heads/main',
      event_name: 'workflow_dispatch',
      run_id: '1',
      run_attempt: '1',
    })
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(300)
  })

  says(pages.oidc, 'sub names the environment of the job', () => {
    expect(claimsIn(ran(), 'environment')).toMatchObject({ sub: `${repository}:environment:prod`, environment: 'prod' })
  })

  says(pages.oidc, 'job_workflow_ref is the called workflow, workflow_ref its caller', () => {
    expect(claimsIn(ran(), 'called')).toMatchObject({
      workflow_ref: 'mlops-actions/mlops-actions/.github/workflows/tokens.yml@refs/heads/main',
      job_workflow_ref: 'mlops-actions/mlops-actions/.github/workflows/token-called.yml@refs/heads/main',
    })
  })

  says(immutableSubjects, 'sub of a pull request; the immutable form carries ids', async () => {
    const other = await sandbox.run('tokens.yml', { event: 'pull_request', immutableSubject: true })
    expect(claimsIn(other, 'write')['sub']).toMatch(/^repo:mlops-actions@\d+\/mlops-actions@\d+:pull_request$/)
  })

  says(pages.events, 'a pull request from a fork gets neither tokens nor secrets', async () => {
    const payload = { pull_request: { head: { repo: { fork: true } } } }
    const end = await sandbox.run('tokens.yml', { event: 'pull_request', payload })
    expect(end.job('write').permissions).toEqual({ 'id-token': 'none' })
    expect(end.job('write').result).toBe('failure')
  })

  says(pages.syntax, 'the job token reads what its permissions allow', () => {
    expect(ran().job('api').outputs).toEqual({ status: '200 401 501' })
    expect(ran().job('api-without').outputs).toEqual({ status: '403 401 501' })
  })
})

describe('time limits', () => {
  const ran = once(async () => sandbox.run('timeouts.yml'))

  says(pages.syntax, 'a step past its timeout-minutes failed', () => {
    expect(ran().job('step').outputs).toEqual({ outcome: 'failure', 'went-on': 'success' })
  })

  says(pages.syntax, 'a job past its timeout-minutes is cancelled, with its always() steps', () => {
    expect(ran().job('job').result).toBe('cancelled')
    expect(ran().trace).toContain('always after timeout')
    expect(ran().job('after').outputs).toEqual({ result: 'cancelled' })
  })
})

describe('concurrency', () => {
  says(pages.concurrency, 'jobs of a group run one at a time; queue: max keeps them all', async () => {
    const ran = await sandbox.run('concurrency.yml', { environment: { LOCK: join(sandbox.folder, 'lock') } })
    expect(ran.trace).toEqual(['alone', 'alone', 'alone'])
    expect(ran.record.result).toBe('success')
  })

  says(pages.concurrency, 'a newcomer replaces the run that waits, not the one that runs', async () => {
    const first = begin('a', false)
    await began(first)
    const second = begin('b', false)
    await until(() => tickets() === 2)
    const third = begin('c', false)
    expect((await second.ran()).record.result).toBe('cancelled')
    for (const id of ['a', 'c']) writeFileSync(`${runsGate()}-${id}`, '')
    expect((await first.ran()).record.result).toBe('success')
    expect((await third.ran()).trace).toEqual(['begin c'])
  })

  says(pages.concurrency, 'cancel-in-progress cancels the one that runs', async () => {
    const first = begin('d', false)
    await began(first)
    const second = begin('e', true)
    expect((await first.ran()).record.result).toBe('cancelled')
    writeFileSync(`${runsGate()}-e`, '')
    expect((await second.ran()).record.result).toBe('success')
  })
})

describe('an environment with reviewers', () => {
  const hold = (name: string) => {
    const file = join(sandbox.folder, name)
    return { file, started: sandbox.start('approval.yml', { holds: { prod: file } }) }
  }

  says(pages.environments, 'keeps its jobs waiting until they let them go on, and no others', async () => {
    const { file, started } = hold('approval')
    await until(() => existsSync(started.tracePath))
    writeFileSync(file, '')
    const ran = await started.ran()
    expect(ran.trace).toEqual(['free', 'held'])
    expect(ran.record.result).toBe('success')
  })

  says(pages.environments, 'does not keep a run from being cancelled', async () => {
    const { started } = hold('never')
    await until(() => existsSync(started.tracePath))
    started.cancel()
    const ran = await started.ran()
    expect(results(ran)['held']).toBe('cancelled')
    expect(ran.trace).toEqual(['free'])
  })
})

describe('composite actions', () => {
  const ran = once(async () => sandbox.run('composite.yml'))

  says(pages.metadata, 'outputs pass through two levels; continue-on-error holds inside', () => {
    expect(ran().job('run').outputs).toMatchObject({ said: 'inner-me', caught: 'failure/success' })
  })

  says(pages.metadata, 'inner steps see the env of the calling step and their own action path', () => {
    expect(ran().trace).toContain('composite own given outer')
    expect(ran().trace).not.toContain('never')
  })

  says(pages.metadata, 'posts of inner actions run at the end of the job', () => {
    expect(ran().trace.at(-1)).toBe('post inner-me')
  })

  says(pages.commands, 'GITHUB_ENV of a composite reaches the job, the env of its step does not', () => {
    expect(ran().job('run').outputs).toMatchObject({ later: 'yes []' })
  })
})

describe('workflow commands', () => {
  const ran = once(async () => sandbox.run('commands.yml'))

  says(pages.commands, 'annotations carry their place; data and properties are unescaped', () => {
    expect(ran().record.annotations[0]).toMatchObject({
      level: 'error',
      message: '50% wrong\nsecond line',
      file: 'app.py',
      line: 3,
      endLine: 4,
      column: 7,
      title: 'Bad, really',
    })
  })

  says(pages.commands, 'stop-commands switches commands off until its token', () => {
    expect(messages(ran(), 'annotate')).toContain('warning: seen again')
    expect(messages(ran(), 'annotate')).not.toContain('warning: not seen')
  })

  says(
    'https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md',
    'ten annotations of a level in a step',
    () => {
      const numbered = messages(ran(), 'annotate').filter((message) => message.startsWith('warning: number'))
      expect(numbered).toHaveLength(10)
    },
  )

  says(pages.commands, 'a step summary above 1 MiB is dropped with an error, and the step stays green', () => {
    const summary = readFileSync(join(ran().out, 'summary.md'), 'utf8')
    expect(summary).toContain('## Fits')
    expect(summary.length).toBeLessThan(1000)
    expect(messages(ran(), 'annotate').some((message) => message.includes('supports content up to'))).toBe(true)
    expect(ran().record.result).toBe('success')
  })
})

describe('artifacts', () => {
  const ran = once(async () => sandbox.run('artifacts.yml'))

  says(pages.artifacts, 'another job gets the files below the least common folder, without hidden ones', () => {
    const tree = ran().job('take').outputs['tree']?.trim().split(' ')
    expect(tree?.filter((path) => path.startsWith('./one/'))).toEqual(['./one/deep/more.txt', './one/model.txt'])
    expect(tree?.filter((path) => path.startsWith('./some/'))).toEqual([
      './some/file/model.txt',
      './some/folder/deep/more.txt',
      './some/folder/model.txt',
    ])
    expect(tree?.filter((path) => path.startsWith('./merged/'))).toEqual([
      './merged/deep/more.txt',
      './merged/model.txt',
    ])
    expect(ran().artifact('several', 'out/deep/more.txt')).toBe('d\n')
    expect(ran().artifact('several', 'logs/a.log')).toBe('l\n')
    expect(existsSync(join(ran().out, 'artifacts/several/out/model.txt'))).toBe(false)
  })

  says('https://github.com/actions/upload-artifact', 'a name is taken once; no files is a warning or an error', () => {
    expect(ran().job('make').outputs).toEqual({ twice: 'failure', missing: 'failure' })
    expect(ran().job('make').result).toBe('success')
    expect(ran().job('take').outputs['absent']).toBe('failure')
  })
})

describe('inputs of a dispatch', () => {
  says(pages.contexts, 'inputs are typed, those of the event are text', async () => {
    const ran = await sandbox.run('dispatch.yml', { inputs: { who: 'me' } })
    expect(ran.job('see').outputs['typed']).toBe('true true true')
    expect(JSON.parse(ran.job('see').outputs['json'] ?? '')).toEqual({
      where: 'dev',
      loud: false,
      times: 2,
      who: 'me',
      note: '',
    })
    expect(ran.job('see').outputs['payload']).toBe('me')
    expect(ran.record.workflow.runName).toBe('deploy to dev')
  })

  says(pages.syntax, 'an unknown choice, a missing required and an undeclared input stop the run', async () => {
    const end = await sandbox.start('dispatch.yml', { inputs: { where: 'mars', extra: 'x', loud: 'perhaps' } }).end
    expect(end.kind === 'refused' ? end.refusals.map(({ what }) => what).toSorted() : end).toEqual([
      'input "extra" is not declared',
      'input "loud" is "perhaps", which is not a boolean',
      'input "where" is "mars", which is none of dev, prod',
      'input "who" is required',
    ])
  })
})

describe('what is not done here', () => {
  test('is refused by name and place, all at once, before anything runs', async () => {
    const end = await sandbox.start('refused.yml', { event: 'push' }).end
    const found = end.kind === 'refused' ? end.refusals.map(({ place, what }) => `${place} ${what}`) : []
    expect(found.map((line) => line.replace(/^\S+ (.*?)( is .*| of .*)?$/, '$1')).toSorted()).toEqual(
      [
        'the trigger `workflow_run`',
        'the filter `branches`',
        'the filter `paths`',
        '`runs-on: windows-latest`',
        '`container`',
        '`services`',
        '`timeout-minutes: 1.5`',
        '`docker://alpine`',
        'the action `somebody/else`',
        'the input `repository`',
        '`using: node20`',
        'the shell `pwsh`',
        'there',
        'the workflow `somebody/else/.github/workflows/x.yml@v1`',
      ].toSorted(),
    )
    expect(found).toContain('1:53 the trigger `workflow_run` is not supported')
  })

  test("is refused in the words of GitHub's parser when the file is faulty", async () => {
    const end = await sandbox.start('faulty.yml', { event: 'push' }).end
    const found = end.kind === 'refused' ? end.refusals.map(({ what }) => what).join() : ''
    expect(found).toContain("Unrecognized named-value: 'nonsense'")
    expect(found).toContain('colour')
  })
})
