import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { epochMs } from '@mlops/core'
import { type LocalCloud, startLocalCloud } from '@mlops/local-cloud'
import type { Cluster as LocalCluster } from '@mlops/local-cluster'
import { recogniseNativeErrors, stepContext } from '@mlops/testing'
import { awsSession, describeEksCluster, eksToken } from '../../aws/src/index.ts'
import { assume } from '../../local-cluster/itg/aws.ts'
import { connectCluster } from '../src/index.ts'
import { startBareCluster } from './bare-cluster.ts'

recogniseNativeErrors()
jest.setTimeout(60_000)
const ACCOUNT = '123456789012'
const REGION = 'eu-west-1'
const NAME = 'shop'
const arn = `arn:aws:eks:${REGION}:${ACCOUNT}:cluster`
const allow = (more: object) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...more }] })
const user = (name: string, policy: object) => ({
  name,
  accessKeyId: `AKIA${name.toUpperCase().padEnd(16, '0')}`,
  secretAccessKey: name,
  policies: { own: policy },
})
const USERS = [
  user('deployer', allow({ Action: 'eks:DescribeCluster', Resource: `${arn}/*` })),
  user('stranger', allow({ Action: 's3:GetObject', Resource: '*' })),
]

let cloud: LocalCloud
let local: LocalCluster
beforeAll(async () => {
  cloud = await startLocalCloud({
    account: {
      accountId: ACCOUNT,
      region: REGION,
      admin: { accessKeyId: 'AKIALOCALADMIN000000', secretAccessKey: 'local-admin' },
      oidcProviders: [],
      roles: ['deploy', 'unknown'].map((name) => ({
        name,
        trust: allow({ Action: 'sts:AssumeRole', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }),
        policies: { describe: allow({ Action: 'eks:DescribeCluster', Resource: `${arn}/${NAME}` }) },
        maxSessionSeconds: 3600,
      })),
      users: USERS,
      buckets: [],
      objects: [],
      images: [],
      quotas: [],
    },
  })
  const accessEntries = [{ roleArn: `arn:aws:iam::${ACCOUNT}:role/deploy`, groups: ['deployers'] }]
  local = await startBareCluster(
    { eks: { stsEndpoint: cloud.endpoint, clusterName: NAME, accessEntries } },
    'deployers',
    [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }],
  )
  await cloud.control.setCluster(NAME, {
    endpoint: local.endpoint,
    certificateAuthority: readFileSync(local.caFile, 'utf8'),
  })
}, 40 * 60_000)
afterAll(async () => {
  local.down()
  await cloud.stop()
})

/** Keys as the environment of a step holds them. */
interface Keys {
  readonly AWS_ACCESS_KEY_ID: string
  readonly AWS_SECRET_ACCESS_KEY: string
  readonly AWS_SESSION_TOKEN?: string
}

const keysOf = (name: string): Keys => {
  const found = USERS.find((one) => one.name === name)
  return { AWS_ACCESS_KEY_ID: found?.accessKeyId ?? '', AWS_SECRET_ACCESS_KEY: found?.secretAccessKey ?? '' }
}

const contextWith = (keys: Keys, more: Readonly<Record<string, string>> = {}) => {
  let ahead = 0
  const context = {
    ...stepContext(),
    clock: { now: () => epochMs(Date.now() + ahead), sleep: () => Promise.resolve() },
    environment: { AWS_REGION: REGION, AWS_ENDPOINT_URL: cloud.endpoint, ...keys, ...more },
  }
  return { context, pass: (ms: number) => void (ahead += ms) }
}

/** The session of a role, made by the account's administrator. */
const sessionOf = async (role: string): Promise<Keys> => {
  const { accessKeyId, secretAccessKey, sessionToken = '' } = await assume(cloud.endpoint, role)
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken }
}

const connectAs = async (keys: Keys, name = NAME) => {
  const { context } = contextWith(keys)
  const session = awsSession({ context })
  const found = await describeEksCluster(session, name)
  return connectCluster({ kind: 'eks', ...found, token: eksToken(session, NAME) }, context)
}

test('the session of a role with an access entry gets in, and has the rights of its groups', async () => {
  const cluster = await connectAs(await sessionOf('deploy'))
  expect(await cluster.whoAmI()).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/deploy/run-7`)
  const [list] = await cluster.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' })
  expect(list?.metadata.name).toBe('kube-root-ca.crt')
  await expect(cluster.list({ apiVersion: 'v1', kind: 'Secret', namespace: 'default' })).rejects.toMatchObject({
    facts: { code: 'E-FORBIDDEN' },
  })
  const asked = (await cloud.control.calls()).find(({ operation }) => operation === 'DescribeCluster')
  expect(asked?.checks).toEqual([{ action: 'eks:DescribeCluster', resource: `${arn}/${NAME}`, allowed: true }])
})

test('a role without one is not let in, and named by its ARN', async () => {
  const cluster = await connectAs(await sessionOf('unknown'))
  await expect(cluster.whoAmI()).rejects.toMatchObject({
    facts: {
      code: 'E-UNAUTHENTICATED',
      what: expect.stringContaining(`arn:aws:sts::${ACCOUNT}:assumed-role/unknown/run-7`),
    },
  })
})

test('who may not look the cluster up is told by AWS, and a name that is not there by us', async () => {
  await expect(connectAs(keysOf('stranger'))).rejects.toMatchObject({
    facts: { code: 'E-ACCESS', why: expect.stringContaining('eks:DescribeCluster') },
  })
  await expect(connectAs(keysOf('deployer'), 'nowhere')).rejects.toMatchObject({
    facts: { code: 'E-CLUSTER', what: expect.stringContaining('nowhere'), why: expect.stringContaining(REGION) },
  })
  await cloud.control.setCluster('young', { endpoint: '', certificateAuthority: '', status: 'CREATING' })
  await expect(connectAs(keysOf('deployer'), 'young')).rejects.toMatchObject({
    facts: { code: 'E-CLUSTER', why: expect.stringContaining('CREATING') },
  })
})

test('passing trouble of AWS is repeated', async () => {
  await cloud.control.fault({ kind: 'throttle', service: 'eks', times: 2 })
  expect(await (await connectAs(await sessionOf('deploy'))).whoAmI()).toContain('deploy')
})

const signedUrl = (token: string) => {
  expect(token).toMatch(/^k8s-aws-v1\.[\w-]+$/)
  return new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString())
}

test('a token is kept for ten minutes, and made anew when it was refused', async () => {
  const { context, pass } = contextWith(keysOf('deployer'))
  const token = eksToken(awsSession({ context }), NAME)
  const first = await token()
  pass(9 * 60_000)
  expect(await token()).toBe(first)
  pass(60_000)
  const second = await token()
  expect(second).not.toBe(first)
  pass(2000)
  expect(await token(true)).not.toBe(second)
})

test("a token is a question to the region's STS, signed for this cluster alone", async () => {
  const { context } = contextWith(keysOf('deployer'), { AWS_ENDPOINT_URL: '' })
  const url = signedUrl(await eksToken(awsSession({ context }), NAME)())
  expect([url.origin, url.pathname]).toEqual([`https://sts.${REGION}.amazonaws.com`, '/'])
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    Action: 'GetCallerIdentity',
    Version: '2011-06-15',
    'X-Amz-Expires': '60',
    'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
    'X-Amz-Credential': expect.stringContaining(`/${REGION}/sts/aws4_request`),
  })
  const china = contextWith(keysOf('deployer'), { AWS_ENDPOINT_URL: '', AWS_REGION: 'cn-north-1' }).context
  const there = signedUrl(await eksToken(awsSession({ context: china }), NAME)())
  expect(there.origin).toBe('https://sts.cn-north-1.amazonaws.com.cn')
  const own = { AWS_ENDPOINT_URL_STS: 'https://sts.corp.example.test:8443' }
  const elsewhere = signedUrl(
    await eksToken(awsSession({ context: contextWith(keysOf('deployer'), own).context }), NAME)(),
  )
  expect(elsewhere.origin).toBe('https://sts.corp.example.test:8443')
})
