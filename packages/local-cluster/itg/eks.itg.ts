import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type LocalCloud, startLocalCloud } from '@mlops/local-cloud'
import { createApi } from '../src/api.ts'
import { type Cluster, startCluster } from '../src/index.ts'
import { readFileSync } from 'node:fs'
import { ACCOUNT, account, assume, eksToken, NODE, pushImage } from './aws.ts'
import { binary, podOf, SERVER, until, userOf } from './world.ts'

jest.setTimeout(30_000)
let cloud: LocalCloud
let cluster: Cluster
let user: ReturnType<typeof userOf>

const rbac = 'rbac.authorization.k8s.io'
beforeAll(async () => {
  cloud = await startLocalCloud({ account })
  cluster = await startCluster({
    binary: await binary(),
    images: { kind: 'ecr', endpoint: cloud.endpoint, credentials: NODE },
    interpreters: { node: process.execPath },
    backOffMs: 500,
    eks: {
      stsEndpoint: cloud.endpoint,
      clusterName: 'shop',
      accessEntries: [{ roleArn: `arn:aws:iam::${ACCOUNT}:role/deployer`, groups: ['deployers'] }],
    },
    objects: [
      {
        apiVersion: `${rbac}/v1`,
        kind: 'Role',
        metadata: { name: 'deployer', namespace: 'default' },
        ...{ rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }] },
      },
      {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata: { name: 'deployers', namespace: 'default' },
        ...{
          roleRef: { apiGroup: rbac, kind: 'Role', name: 'deployer' },
          subjects: [{ apiGroup: rbac, kind: 'Group', name: 'deployers' }],
        },
      },
    ],
  })
  user = userOf(cluster)
}, 40 * 60_000)
afterAll(async () => {
  cluster.down()
  await cloud.stop()
})

/** What the cluster answers to the bearer of a token: 200, 401 or 403. */
const statusFor = async (token: string, path = '/api/v1/namespaces/default/configmaps'): Promise<number> => {
  const { endpoint, caFile } = cluster
  const api = createApi({ endpoint, ca: readFileSync(caFile, 'utf8'), token })
  return api.get(path).then(
    () => 200,
    ({ status }: { readonly status: number }) => status,
  )
}

test('the session of a role with an access entry is let in, with the rights of its groups', async () => {
  const session = await assume(cloud.endpoint, 'deployer')
  const token = eksToken(cloud.endpoint, session, 'shop')
  expect(await statusFor(token)).toBe(200)
  expect(await statusFor(token, '/api/v1/namespaces/default/secrets')).toBe(403)
  const call = cluster.calls().find(({ resource, status }) => resource === 'configmaps' && status === 200)
  expect(call?.user).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/deployer/run-7`)
  expect(call?.groups).toEqual(['deployers', 'system:authenticated'])
})

test('nobody else is', async () => {
  const { endpoint } = cloud
  const session = await assume(endpoint, 'deployer')
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)
  const refused: Readonly<Record<string, string>> = {
    'another role': eksToken(endpoint, await assume(endpoint, 'stranger'), 'shop'),
    'a user': eksToken(endpoint, NODE, 'shop'),
    'another cluster': eksToken(endpoint, session, 'bank'),
    'another secret': eksToken(endpoint, { ...session, secretAccessKey: 'guessed' }, 'shop'),
    'unknown credentials': eksToken(endpoint, { accessKeyId: 'AKIANOBODY0000000000', secretAccessKey: 'x' }, 'shop'),
    'an expired token': eksToken(endpoint, session, 'shop', minutesAgo(16)),
    'no token of EKS': 'k8s-aws-v1.bm8gdXJs',
    'anything else': 'let-me-in',
  }
  const statuses = await Promise.all(
    Object.entries(refused).map(async ([name, token]) => [name, await statusFor(token)] as const),
  )
  expect(Object.fromEntries(statuses)).toEqual(Object.fromEntries(Object.keys(refused).map((name) => [name, 401])))
  expect(await statusFor(eksToken(endpoint, session, 'shop', minutesAgo(14)))).toBe(200)
})

test('pods run what was pushed to ECR, by digest and by tag, and tell why when it is not there', async () => {
  const config = { Entrypoint: ['node', '/app/server.cjs'], Env: ['VERSION=pushed'], WorkingDir: '/app' }
  const image = await pushImage(cloud.endpoint, 'shop/service', { 'app/server.cjs': SERVER }, config)
  const tagged = image.replace(/@.*/, ':v1')
  await user.apply(podOf('digest', { image }), podOf('tag', { image: tagged }), podOf('none', { image: `${tagged}0` }))
  for (const name of ['digest', 'tag']) {
    await until(async () => ((await user.kubectl('logs', name)).stdout === 'serving pushed\n' ? true : undefined))
    expect((await user.onlyPod(name)).status?.containerStatuses?.[0]?.imageID).toBe(image)
  }
  const waiting = async (name: string) => (await user.onlyPod(name)).status?.containerStatuses?.[0]?.state.waiting
  const backsOff = (name: string) =>
    until(async () =>
      (await waiting(name))?.reason === 'ImagePullBackOff' ? (await waiting(name))?.message : undefined,
    )
  expect(await backsOff('none')).toMatch(/code = NotFound .*not found$/)

  await cloud.control.fault({ kind: 'throttle', service: 'ecr', operation: 'BatchGetImage', times: 2 })
  await user.apply(podOf('busy', { image, imagePullPolicy: 'Always' }))
  expect(await backsOff('busy')).toContain('429 Too Many Requests')
  await until(async () => ((await waiting('busy')) === undefined ? true : undefined))

  await cloud.control.fault({ kind: 'denied', service: 'ecr', operation: 'GetDownloadUrlForLayer' })
  await user.apply(podOf('denied', { image: tagged, imagePullPolicy: 'Always' }))
  expect(await backsOff('denied')).toContain('pull access denied')
  await user.apply(podOf('elsewhere', { image: 'registry.example.test/shop:v1' }))
  expect(await backsOff('elsewhere')).toContain('no such host')
})
