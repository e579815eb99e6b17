import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  type StateValue,
} from '@aws-sdk/client-cloudwatch'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { epochMs } from '@mlops/core'
import { awsSession, cloudWatchAlarms } from '../src/index.ts'
import { openCloud, type Surroundings, type TestCloud } from './cloud.ts'

let cloud: TestCloud
let client: CloudWatchClient
beforeAll(async () => {
  cloud = await openCloud()
  client = new CloudWatchClient(awsSession({ context: cloud.asAdmin() }).clientConfig('cloudwatch'))
}, 120_000)
afterAll(() => cloud.stop())
afterEach(() => cloud.control.clearFaults())

const alarmsOf = (context: Surroundings) => cloudWatchAlarms(awsSession({ context }), context)

const put = (name: string, more: Partial<PutMetricAlarmCommandInput> = {}) =>
  client.send(
    new PutMetricAlarmCommand({
      AlarmName: name,
      Namespace: 'Test',
      MetricName: name,
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 3,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanThreshold',
      ...more,
    }),
  )
const set = (name: string, state: StateValue) =>
  client.send(new SetAlarmStateCommand({ AlarmName: name, StateValue: state, StateReason: `set to ${state}` }))
const send = (name: string, value: number) =>
  client.send(
    new PutMetricDataCommand({
      Namespace: 'Test',
      MetricData: [{ MetricName: name, Value: value, Dimensions: [{ Name: 'service', Value: 'model' }] }],
    }),
  )

test('alarms that are there are described, with the time that they need', async () => {
  await put('plain')
  await put('m-of-n', { DatapointsToAlarm: 2, Period: 120 })
  const before = cloud.clock.now()
  await set('plain', 'ALARM')
  const found = await alarmsOf(cloud.asAdmin()).describe(['plain', 'none', 'm-of-n', 'plain'])
  expect(found).toEqual([
    expect.objectContaining({ name: 'm-of-n', state: 'INSUFFICIENT_DATA', needsMs: 240_000 }),
    expect.objectContaining({ name: 'plain', state: 'ALARM', reason: 'set to ALARM', needsMs: 180_000 }),
  ])
  // The cloud tells times to the second or better.
  expect(found[1]?.since).toBeGreaterThanOrEqual(before - 1000)
  expect(await alarmsOf(cloud.asAdmin()).describe([])).toEqual([])
})

test('more alarms than one call may name are described all the same', async () => {
  const names = Array.from({ length: 101 }, (_, index) => `many-${String(index).padStart(3, '0')}`)
  for (const name of names) await put(name)
  expect((await alarmsOf(cloud.asAdmin()).describe(names)).map(({ name }) => name)).toEqual(names)
}, 30_000)

test('what an alarm did between two looks is in its history, however long that is', async () => {
  await put('flapping')
  await set('flapping', 'OK')
  await cloud.control.advance(1)
  const from = epochMs((await cloud.control.now()) * 1000)
  await cloud.control.advance(1)
  for (let turn = 0; turn < 60; turn += 1) {
    await set('flapping', 'ALARM')
    await set('flapping', 'OK')
  }
  const changes = await alarmsOf(cloud.asAdmin()).changes('flapping', from)
  // An evaluation may come in between, but nothing before `from` is told.
  expect(changes.filter(({ reason }) => reason === 'set to ALARM')).toHaveLength(60)
  expect(changes[0]).toMatchObject({ name: 'flapping', to: 'ALARM', reason: 'set to ALARM' })
  expect(changes.every(({ at }) => at >= from)).toBe(true)
}, 30_000)

test('requests are summed over the time that is asked for, by exact dimensions', async () => {
  const alarms = alarmsOf(cloud.asAdmin())
  await send('Throughput', 7)
  await cloud.control.advance(120)
  const from = epochMs((await cloud.control.now()) * 1000)
  await send('Throughput', 2)
  await send('Throughput', 3)
  const to = epochMs((await cloud.control.now()) * 1000 + 1000)
  const metric = { namespace: 'Test', metric: 'Throughput', dimensions: { service: 'model' } }
  expect(await alarms.sum(metric, from, to)).toBe(5)
  expect(await alarms.sum({ ...metric, dimensions: {} }, from, to)).toBe(0)
})

test('passing faults are repeated, and a refusal says which right is missing', async () => {
  await put('faulty')
  await cloud.control.fault({ kind: 'throttle', service: 'cloudwatch', operation: 'DescribeAlarms', times: 3 })
  expect(await alarmsOf(cloud.asAdmin()).describe(['faulty'])).toHaveLength(1)
  await expect(alarmsOf(cloud.asStranger()).describe(['faulty'])).rejects.toMatchObject({
    facts: { code: 'E-ACCESS', why: expect.stringContaining('cloudwatch:DescribeAlarms') as unknown },
  })
})
