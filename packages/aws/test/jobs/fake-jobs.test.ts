import { COMPLETES, ENDLESS, fakeJobs, type FakeRequest, sleepingClock } from '@mlops/testing'
import { jobsContract } from '../../../testing/src/contracts/jobs.ts'

const request = (name: string): FakeRequest => ({ name, instanceType: 'ml.m5.xlarge', startedBy: '4711/1' })

jobsContract('the fake', () => {
  const clock = sleepingClock()
  const fake = fakeJobs<FakeRequest>({ kind: 'training', clock, read: (given) => given })
  return Promise.resolve({
    jobs: fake.jobs,
    endless: (name) => {
      fake.plan(ENDLESS)
      return request(name)
    },
    short: (name) => {
      fake.plan(COMPLETES)
      return request(name)
    },
    pause: () => clock.sleep(1000),
    startedBy: '4711/1',
  })
})
