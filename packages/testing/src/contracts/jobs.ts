import { describe, expect, test } from '@jest/globals'
import { isTerminal, type Jobs, type JobState } from '@mlops/core'

export interface JobsUnderTest<Request> {
  readonly jobs: Jobs<Request>
  /** A request that AWS would take, for a job that goes on for at least a minute. */
  readonly endless: (name: string) => Request
  /** A request for a job that ends by itself soon. */
  readonly short: (name: string) => Request
  /** Lets some time pass. */
  readonly pause: () => Promise<void>
  /** `MLOPS_RUN` of both requests. */
  readonly startedBy: string
}

const PAUSES = 600

/** What everything that calls itself Jobs promises: the same for the fake and for the adapter over a real service. */
export const jobsContract = <Request>(title: string, setUp: () => Promise<JobsUnderTest<Request>>): void => {
  const until = async (
    { jobs, pause }: JobsUnderTest<Request>,
    name: string,
    reached: (state: JobState) => boolean,
  ): Promise<JobState | undefined> => {
    let state = await jobs.describe(name)
    for (let pauses = 0; pauses < PAUSES && (state === undefined || !reached(state)); pauses += 1) {
      await pause()
      state = await jobs.describe(name)
    }
    return state
  }

  describe(`the contract of jobs, by ${title}`, () => {
    test('a job that does not exist is an answer', async () => {
      const { jobs } = await setUp()
      expect(await jobs.describe('contract-nobody')).toBeUndefined()
    })
    test('a job is created once, however often it is asked for', async () => {
      const under = await setUp()
      expect(await under.jobs.create(under.endless('contract-twice'))).toBe('created')
      expect(await under.jobs.create(under.endless('contract-twice'))).toBe('exists')
      expect(await under.jobs.describe('contract-twice')).toMatchObject({
        name: 'contract-twice',
        status: 'in-progress',
        startedBy: under.startedBy,
      })
      await under.jobs.stop('contract-twice')
    })
    test('a job that is stopped ends as stopped, and stopping it again is no error', async () => {
      const under = await setUp()
      await under.jobs.create(under.endless('contract-stop'))
      await under.jobs.stop('contract-stop')
      await under.jobs.stop('contract-stop')
      expect(await until(under, 'contract-stop', isTerminal)).toMatchObject({ status: 'stopped' })
      await under.jobs.stop('contract-stop')
    })
    test('a job that has completed stays so when it is stopped', async () => {
      const under = await setUp()
      await under.jobs.create(under.short('contract-done'))
      expect(await until(under, 'contract-done', isTerminal)).toMatchObject({ status: 'completed' })
      await under.jobs.stop('contract-done')
      expect(await under.jobs.describe('contract-done')).toMatchObject({ status: 'completed' })
    })
  })
}
