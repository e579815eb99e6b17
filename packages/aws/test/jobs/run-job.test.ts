import { describe, expect, test } from '@jest/globals'
import { ActionError, type JobFailure, seconds } from '@mlops/core'
import { COMPLETES, ENDLESS, failsWith, fakeLogs } from '@mlops/testing'
import { guarded, stopGuarded } from '../../src/jobs/job-guard.ts'
import { attachJob, runJob } from '../../src/jobs/run-job.ts'
import { world, type WorldOptions } from './world.ts'

const started = (options: WorldOptions = {}) => {
  const w = world(options)
  return { ...w, name: w.run.nameOf(1), second: w.run.nameOf(2), go: () => runJob(w.run, w.ports, w.context) }
}

const quota = (limit: number, used: number) =>
  new ActionError({
    code: 'E-QUOTA',
    kind: 'remote',
    what: 'creating training job was refused',
    why: `The account-level service limit 'ml.m5.xlarge for training job usage' is ${limit} Instances, with current utilization of ${used} Instances and a request delta of 1 Instances.`,
    hint: '',
  })

const cancelled = new ActionError({ code: 'E-CANCELLED', kind: 'cancelled', what: 'cancelled', why: '', hint: '' })

const broken = () => Promise.reject(new Error('denied'))

describe('a job that nobody has started yet', () => {
  test('is created once, waited for and completes', async () => {
    const { go, sagemaker, name, prepared, state } = started()
    expect(await go()).toMatchObject({ kind: 'completed', source: 'created', state: { name, status: 'completed' } })
    expect(sagemaker.created.map((request) => request.name)).toEqual([name])
    expect(prepared).toEqual([name])
    expect(state.get('guarded-job')).toBe('')
  })
  test('is guarded before it exists', async () => {
    const { go, sagemaker, context, name } = started()
    let known: string | undefined
    sagemaker.refuse(new Error('boom'))
    const jobs = sagemaker.jobs
    const create = jobs.create
    Object.assign(jobs, {
      create: (request: never) => {
        known = guarded(context.state)?.name
        return create(request)
      },
    })
    await expect(go()).rejects.toThrow('boom')
    expect(known).toBe(name)
  })
  test('says each phase once', async () => {
    const { go, lines, name } = started()
    await go()
    const phases = lines.filter((line) => line.startsWith(`info: ${name}: `) && line.includes('after'))
    expect(phases.map((line) => line.split(' ')[2]?.replace(',', ''))).toEqual([
      'Starting',
      'Training',
      'Uploading',
      'Completed',
    ])
  })
  test('shows its log, with the host before each line', async () => {
    const { go, lines } = started({ logs: fakeLogs(['epoch 1', '::error::not a command']) })
    await go()
    expect(lines.filter((line) => line.startsWith('job: '))).toEqual([
      'job: algo-1: epoch 1',
      'job: algo-1: ::error::not a command',
    ])
  })
  test('goes on when its log cannot be read', async () => {
    const { go, lines } = started({ logs: { next: broken, tail: broken } })
    expect(await go()).toMatchObject({ kind: 'completed' })
    expect(lines.filter((line) => line.includes('cannot be read'))).toHaveLength(1)
  })
})

describe('a job that exists already', () => {
  test('is attached to while it runs', async () => {
    const { go, sagemaker, name } = started()
    sagemaker.put({ name, instanceType: 'ml.m5.xlarge', startedBy: '4711/1' }, COMPLETES)
    expect(await go()).toMatchObject({ kind: 'completed', source: 'attached' })
    expect(sagemaker.created).toEqual([])
  })
  test('is reused once it has completed', async () => {
    const { go, sagemaker, name, clock, startedAt, prepared } = started({ inputs: { reuse: 'content' } })
    sagemaker.put({ name, instanceType: 'ml.m5.xlarge', startedBy: '1/1' }, COMPLETES)
    await clock.sleep(60_000)
    expect(await go()).toMatchObject({ kind: 'completed', source: 'reused' })
    expect(sagemaker.created).toEqual([])
    expect(prepared).toEqual([])
    expect(clock.now() - startedAt).toBe(60_000)
  })
  test('is followed by the next attempt when it has failed', async () => {
    const { go, sagemaker, name, second, clock } = started()
    sagemaker.put({ name, instanceType: 'ml.m5.xlarge', startedBy: '4711/1' }, failsWith('AlgorithmError: x'))
    await clock.sleep(60_000)
    expect(await go()).toMatchObject({ kind: 'completed', name: second })
    expect(second).toBe(`${name}-a2`)
  })
  test('is not reused when reuse is never', async () => {
    const { go, sagemaker, name, second } = started({ inputs: { reuse: 'never' } })
    sagemaker.put({ name, instanceType: 'ml.m5.xlarge', startedBy: '4711/1' }, COMPLETES)
    expect(await go()).toMatchObject({ kind: 'completed', source: 'created', name: second })
  })
  test('was created by another process in between: attach', async () => {
    const { run, ports, context, sagemaker, name } = started()
    const describeOf = sagemaker.jobs.describe
    let first = true
    const jobs = {
      ...ports.jobs,
      describe: (asked: string) => {
        if (!first) return describeOf(asked)
        first = false
        sagemaker.put({ name, instanceType: 'ml.m5.xlarge', startedBy: '4711/1' }, COMPLETES)
        return Promise.resolve(undefined)
      },
    }
    expect(await runJob(run, { ...ports, jobs }, context)).toMatchObject({ kind: 'completed', source: 'attached' })
    expect(sagemaker.created).toEqual([])
  })
})

describe('a job that ends without a result', () => {
  test.each<[string, JobFailure]>([
    ['AlgorithmError: ExecuteUserScriptError', 'user'],
    ['ClientError: no data', 'user'],
    ['something new', 'remote'],
  ])('%s: %s, and nothing is tried again', async (reason, failure) => {
    const { go, sagemaker } = started({ logs: fakeLogs(['Traceback']) })
    sagemaker.plan(failsWith(reason))
    expect(await go()).toMatchObject({ kind: 'failed', failure, tail: [{ text: 'Traceback' }] })
    expect(sagemaker.created).toHaveLength(1)
  })
  test('an internal error makes new attempts, as many as allowed', async () => {
    const { go, sagemaker } = started({ inputs: { internalRetries: 2 } })
    sagemaker.plan(...Array.from({ length: 5 }, () => failsWith('InternalServerError: We')))
    expect(await go()).toMatchObject({ kind: 'failed', failure: 'internal', ended: [{}, {}] })
    expect(sagemaker.created).toHaveLength(3)
  })
  test('no capacity: the next type, under the next name', async () => {
    const { go, sagemaker, name, second } = started({ inputs: { instanceTypes: ['ml.a.large', 'ml.b.large'] } })
    sagemaker.plan(failsWith('CapacityError: Unable to provision'))
    expect(await go()).toMatchObject({ kind: 'completed', name: second, state: { instanceType: 'ml.b.large' } })
    expect(sagemaker.created.map((request) => [request.name, request.instanceType])).toEqual([
      [name, 'ml.a.large'],
      [second, 'ml.b.large'],
    ])
  })
  test('no capacity anywhere: tries again after 5, 10 and 20 minutes', async () => {
    const { go, sagemaker, clock, startedAt } = started()
    sagemaker.plan(...Array.from({ length: 9 }, () => failsWith('CapacityError: Unable to provision')))
    expect(await go()).toMatchObject({ kind: 'failed', failure: 'capacity' })
    expect(sagemaker.created).toHaveLength(4)
    expect(clock.now() - startedAt).toBeGreaterThan(35 * 60_000)
  })
  test('a spot job without a machine goes on demand, when wanted', async () => {
    const { go, sagemaker } = started({ onSpotTimeout: 'on-demand' })
    sagemaker.plan([{ atSeconds: 0, state: { status: 'stopped', phase: 'MaxWaitTimeExceeded' } }])
    expect(await go()).toMatchObject({ kind: 'completed' })
    expect(sagemaker.created.map((request) => request.onDemand)).toEqual([false, true])
  })
  test('somebody else stopped it', async () => {
    const { go, sagemaker, clock, name } = started()
    sagemaker.plan(ENDLESS)
    clock.at(60_000, () => void sagemaker.jobs.stop(name))
    expect(await go()).toMatchObject({ kind: 'failed', failure: 'external' })
  })
})

describe('a quota', () => {
  test('that others use up is waited for', async () => {
    const { go, sagemaker, clock, startedAt } = started()
    sagemaker.refuse(quota(4, 4), quota(4, 4))
    expect(await go()).toMatchObject({ kind: 'completed' })
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(120_000)
    expect(sagemaker.created).toHaveLength(1)
  })
  test('that is too small leads to the next type at once, under the same name', async () => {
    const { go, sagemaker, name } = started({ inputs: { instanceTypes: ['ml.a.large', 'ml.b.large'] } })
    sagemaker.refuse(quota(0, 0))
    expect(await go()).toMatchObject({ kind: 'completed', name, state: { instanceType: 'ml.b.large' } })
  })
  test('that is too small everywhere is an error with its figures, and nothing is left to guard', async () => {
    const { go, sagemaker, context } = started()
    sagemaker.refuse(quota(0, 0))
    await expect(go()).rejects.toMatchObject({ facts: { code: 'E-QUOTA', outputs: { 'failure-class': 'quota' } } })
    expect(guarded(context.state)).toBeUndefined()
  })
  test('that never frees is given up after quota-wait', async () => {
    const { go, sagemaker } = started({ inputs: { quotaWait: seconds(120) } })
    sagemaker.refuse(quota(4, 4), quota(4, 4), quota(4, 4), quota(4, 4))
    await expect(go()).rejects.toThrow('limit 4, 4 in use, 1 asked for')
    expect(sagemaker.created).toEqual([])
  })
})

describe('the cost', () => {
  const dear = { pricePerHour: { 'ml.m5.xlarge': '1' }, maxCost: 0.5 }
  test('of a job that could be too dear stops it before it is created', async () => {
    const { go, sagemaker, context, prepared } = started({ inputs: dear })
    await expect(go()).rejects.toMatchObject({ facts: { code: 'E-MAX-COST' } })
    expect(sagemaker.created).toEqual([])
    expect(prepared).toEqual([])
    expect(guarded(context.state)).toBeUndefined()
  })
  test('counts what earlier attempts have cost', async () => {
    const spent = [
      {
        atSeconds: 0,
        state: { status: 'failed', failureReason: 'InternalServerError', billableSeconds: 3600 },
      } as const,
    ]
    const { go, sagemaker } = started({ inputs: { ...dear, maxCost: 1.5 } })
    sagemaker.plan(spent)
    await expect(go()).rejects.toMatchObject({ facts: { code: 'E-MAX-COST' } })
    expect(sagemaker.created).toHaveLength(1)
  })
})

const cancelAfter = (options: WorldOptions = {}) => {
  const w = started(options)
  w.sagemaker.plan(ENDLESS)
  w.clock.at(60_000, () => w.abort.abort(cancelled))
  return w
}

describe('a cancel', () => {
  test('stops the job once and rethrows', async () => {
    const { go, sagemaker, name, context } = cancelAfter()
    await expect(go()).rejects.toMatchObject({ facts: { code: 'E-CANCELLED' } })
    expect(sagemaker.stopped).toEqual([name])
    expect(guarded(context.state)?.name).toBe(name)
  })
  test('leaves the job when that is wanted, and so does the post step', async () => {
    const { go, sagemaker, context } = cancelAfter({ inputs: { onCancel: 'leave' } })
    await expect(go()).rejects.toMatchObject({ facts: { code: 'E-CANCELLED' } })
    await stopGuarded(sagemaker.jobs, context)
    expect(sagemaker.stopped).toEqual([])
  })
  test.each([
    ['this', '4711/1', 1],
    ['another', '9/1', 0],
  ])('of a job that %s run had started', async (_, startedBy, stops) => {
    const { go, sagemaker, name, clock, abort, context } = started({ inputs: { reuse: 'content' } })
    sagemaker.put({ name, instanceType: 'ml.m5.xlarge', startedBy }, ENDLESS)
    clock.at(60_000, () => abort.abort(cancelled))
    await expect(go()).rejects.toMatchObject({ facts: { code: 'E-CANCELLED' } })
    expect(sagemaker.stopped).toHaveLength(stops)
    await clock.sleep(60_000)
    await stopGuarded(sagemaker.jobs, context)
    expect(sagemaker.stopped).toHaveLength(stops)
  })
  test('while the create call is under way is covered by the post step', async () => {
    const { run, ports, context, sagemaker, clock, abort } = started()
    sagemaker.plan(ENDLESS)
    const jobs = {
      ...ports.jobs,
      create: (request: Parameters<typeof ports.jobs.create>[0]) => {
        abort.abort(cancelled)
        clock.at(1000, () => void ports.jobs.create(request))
        return Promise.reject(cancelled)
      },
    }
    await expect(runJob(run, { ...ports, jobs }, context)).rejects.toMatchObject({ facts: { code: 'E-CANCELLED' } })
    const before = sagemaker.stopped.length
    await stopGuarded(sagemaker.jobs, context)
    expect(sagemaker.created).toHaveLength(1)
    expect(sagemaker.stopped.length).toBeGreaterThan(before)
  })
  test('that gets no answer in time does not claim to have stopped the job; the post step stops it', async () => {
    const { run, ports, context, sagemaker, clock, abort, name, lines } = started()
    sagemaker.plan(ENDLESS)
    clock.at(60_000, () => abort.abort(cancelled))
    const jobs = { ...ports.jobs, stop: () => new Promise<never>(() => undefined) }
    await expect(runJob(run, { ...ports, jobs }, context)).rejects.toMatchObject({ facts: { code: 'E-CANCELLED' } })
    expect(lines.at(-1)).toMatch(/^warning: .*not stopped yet .*no answer within 3 s/)
    await stopGuarded(sagemaker.jobs, context)
    expect(sagemaker.stopped).toEqual([name])
  })
  test('that cannot stop the job says so loudly in the post step', async () => {
    const { go, sagemaker, context, lines, name } = cancelAfter()
    const denied = { ...sagemaker.jobs, stop: () => Promise.reject(new Error('denied')) }
    await expect(go()).rejects.toMatchObject({ facts: { code: 'E-CANCELLED' } })
    sagemaker.put({ name, instanceType: 'ml.m5.xlarge', startedBy: '4711/1' }, ENDLESS)
    await stopGuarded(denied, context)
    expect(lines.at(-1)).toMatch(/^error: .*may still bill.*console\.aws\.amazon\.com/)
  })
})

describe('the post step', () => {
  test('does nothing after a job that has ended', async () => {
    const { go, sagemaker, context } = started()
    await go()
    await stopGuarded(sagemaker.jobs, context)
    expect(sagemaker.stopped).toEqual([])
  })
  test('does nothing when the main step was killed after the end of the job', async () => {
    const { go, sagemaker, context, state, name } = started()
    await go()
    state.set('guarded-job', JSON.stringify({ kind: 'training', name, region: 'us-east-1' }))
    await stopGuarded(sagemaker.jobs, context)
    expect(sagemaker.stopped).toEqual([])
  })
})

describe('a wait that ends before the job', () => {
  test('leaves it running', async () => {
    const { go, sagemaker, context } = started({ inputs: { waitTimeout: seconds(600) } })
    sagemaker.plan(ENDLESS)
    expect(await go()).toMatchObject({ kind: 'left', because: 'deadline', state: { status: 'in-progress' } })
    await stopGuarded(sagemaker.jobs, context)
    expect(sagemaker.stopped).toEqual([])
  })
  test('stops it when that is wanted', async () => {
    const { go, sagemaker, name } = started({ inputs: { waitTimeout: seconds(600), onTimeout: 'stop' } })
    sagemaker.plan(ENDLESS)
    expect(await go()).toMatchObject({ kind: 'left', because: 'deadline' })
    expect(sagemaker.stopped).toEqual([name])
  })
  test('is no wait at all with wait: false', async () => {
    const { go, sagemaker, context, clock, startedAt } = started({ inputs: { wait: false } })
    sagemaker.plan(ENDLESS)
    expect(await go()).toMatchObject({ kind: 'left', because: 'no-wait' })
    expect(clock.now()).toBe(startedAt)
    await stopGuarded(sagemaker.jobs, context)
    expect(sagemaker.stopped).toEqual([])
  })
})

describe('attach', () => {
  test('waits for a job by name', async () => {
    const { ports, context, inputs, sagemaker } = started()
    sagemaker.put({ name: 'theirs', instanceType: 'ml.m5.xlarge', startedBy: '' }, COMPLETES)
    expect(await attachJob('training', 'theirs', 'us-east-1', inputs, ports, context)).toMatchObject({
      kind: 'completed',
      source: 'attached',
    })
  })
  test('to nothing is an error', async () => {
    const { ports, context, inputs } = started()
    await expect(attachJob('training', 'theirs', 'us-east-1', inputs, ports, context)).rejects.toMatchObject({
      facts: { code: 'E-NO-JOB' },
    })
  })
})

const answering = (codeAt: (asked: number) => 'E-ACCESS' | 'E-NETWORK' | 'E-CREDS' | 'none' | undefined) => {
  const w = started()
  let asked = 0
  const jobs = {
    ...w.ports.jobs,
    describe: (name: string) => {
      asked += 1
      const code = codeAt(asked)
      if (code === 'none') return Promise.resolve(undefined)
      if (code === undefined) return w.ports.jobs.describe(name)
      return Promise.reject(new ActionError({ code, kind: 'remote', what: 'no answer', why: '', hint: 'try' }))
    },
  }
  return { ...w, go: () => runJob(w.run, { ...w.ports, jobs }, w.context) }
}

describe('a service that does not answer as it should', () => {
  test('is forgiven for not finding a new job at once', async () => {
    const { go } = answering((asked) => (asked > 1 && asked < 6 ? 'none' : undefined))
    expect(await go()).toMatchObject({ kind: 'completed' })
  })
  test('is not forgiven for ever', async () => {
    const { go } = answering((asked) => (asked > 1 ? 'none' : undefined))
    await expect(go()).rejects.toMatchObject({ facts: { code: 'E-LOST' } })
  })
  test('is forgiven for denying a new job whose tags are not seen yet', async () => {
    const { go } = answering((asked) => (asked > 1 && asked < 6 ? 'E-ACCESS' : undefined))
    expect(await go()).toMatchObject({ kind: 'completed' })
  })
  test('is not forgiven for denying longer than five minutes', async () => {
    const { go, clock, startedAt } = answering((asked) => (asked > 1 ? 'E-ACCESS' : undefined))
    await expect(go()).rejects.toMatchObject({ facts: { code: 'E-ACCESS' } })
    expect(clock.now() - startedAt).toBeLessThan(400_000)
  })
  test('is asked again for ten minutes; the job then goes on', async () => {
    const { go, context, sagemaker } = answering((asked) => (asked > 3 ? 'E-NETWORK' : undefined))
    sagemaker.plan(ENDLESS)
    await expect(go()).rejects.toMatchObject({ facts: { code: 'E-LOST', outputs: { status: 'in-progress' } } })
    await stopGuarded(sagemaker.jobs, context)
    expect(sagemaker.stopped).toEqual([])
  })
  test('with credentials that ran out: says what the job is doing, and leaves it', async () => {
    const { go, context, sagemaker, name } = answering((asked) => (asked > 3 ? 'E-CREDS' : undefined))
    sagemaker.plan(ENDLESS)
    await expect(go()).rejects.toThrow(`while ${name} is still Training`)
    await stopGuarded(sagemaker.jobs, context)
    expect(sagemaker.stopped).toEqual([])
  })
})

const nameIn = (runAttempt: number) => world({ inputs: { reuse: 'never' }, identity: { runAttempt } }).run.nameOf(1)

test('two attempts of one run with reuse never have different names', () => {
  expect(nameIn(1)).not.toBe(nameIn(2))
})
