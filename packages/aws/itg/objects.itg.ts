import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { S3Uri } from '@mlops/core'
import { objectsContract } from '../../testing/src/contracts/objects.ts'
import { awsSession, s3Objects } from '../src/index.ts'
import { BUCKET, openCloud, type Surroundings, type TestCloud } from './cloud.ts'

let cloud: TestCloud
beforeAll(async () => {
  cloud = await openCloud()
}, 120_000)
afterAll(() => cloud.stop())
afterEach(() => cloud.control.clearFaults())

const objectsOf = (context: Surroundings) => s3Objects(awsSession({ context }), context)
const at = (key: string) => `s3://${BUCKET}/${key}` as S3Uri

objectsContract('S3 of the local cloud', (name) =>
  Promise.resolve({
    objects: objectsOf(cloud.asAdmin()),
    root: at(`contract/${name}/`),
    nowhere: 's3://mlops-nowhere/' as S3Uri,
  }),
)

test.each(['reset', 'lost-response', '503', 'throttle'] as const)(
  'a conditional write that meets %s is known to be ours',
  async (kind) => {
    const objects = objectsOf(cloud.asAdmin())
    const uri = at(`faults/${kind}`)
    await cloud.control.fault({ service: 's3', operation: 'PutObject', kind })
    const first = await objects.write(uri, 'one', { ifAbsent: true })
    expect(first).toMatchObject({ kind: 'written' })
    await cloud.control.fault({ service: 's3', operation: 'PutObject', kind })
    const ifMatch = first.kind === 'written' ? first.etag : ''
    expect(await objects.write(uri, 'two', { ifMatch })).toMatchObject({ kind: 'written' })
    expect(await objects.read(uri)).toMatchObject({ text: 'two' })
  },
)

test('a race that was really lost stays lost, also behind a lost answer', async () => {
  const objects = objectsOf(cloud.asAdmin())
  const uri = at('faults/theirs')
  await objects.write(uri, 'theirs')
  await cloud.control.fault({ service: 's3', operation: 'PutObject', kind: 'lost-response' })
  expect(await objects.write(uri, 'ours', { ifAbsent: true })).toEqual({ kind: 'lost' })
  expect(await objects.read(uri)).toMatchObject({ text: 'theirs' })
})

test.each(['ListObjectsV2', 'HeadObject', 'GetObject', 'PutObject'])(
  '%s is repeated once when the session had expired',
  async (operation) => {
    const step = cloud.asWorkflow()
    const objects = objectsOf(step)
    const uri = at(`expired/${operation}`)
    await objects.write(uri, 'x')
    await cloud.control.fault({ service: 's3', operation, kind: 'expired' })
    await objects.write(uri, 'y')
    expect(await objects.head(uri)).toMatchObject({ size: 1 })
    expect(await objects.read(uri)).toMatchObject({ text: 'y' })
    expect(await objects.list(uri)).toHaveLength(1)
    expect(step.minted()).toBe(2)
  },
)

test('what the policies do not allow is named by action, principal and resource', async () => {
  const objects = objectsOf(cloud.asStranger())
  const refusal = { facts: { code: 'E-ACCESS', why: expect.stringMatching(/user\/stranger may not perform s3:/) } }
  await expect(objects.list(at(''))).rejects.toMatchObject(refusal)
  await expect(objects.write(at('x'), '')).rejects.toMatchObject(refusal)
  // HEAD has no body to say it in.
  await expect(objects.head(at('x'))).rejects.toMatchObject({ facts: { code: 'E-BUCKET' } })
})
