import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { behindProxy, openProxy, openWorld, type Proxy, runStep, trainStep, type World } from '@mlops/testing'

let world: World
let proxy: Proxy
beforeAll(async () => {
  world = await openWorld({ action: 'train-job', python: prepareLocalCloud() })
  proxy = await openProxy()
  await world.put('s3://mlops-dev/gold/train/a.csv', 'x\n1\n')
}, 120_000)
afterAll(async () => {
  await world.close()
  proxy.close()
})

test('where AWS and the token are reached through a proxy only, a job runs to its end', async () => {
  const environment = {
    HTTP_PROXY: proxy.url,
    AWS_ENDPOINT_URL: behindProxy(world.cloud.endpoint, 'aws'),
    ACTIONS_ID_TOKEN_REQUEST_URL: behindProxy(world.environment['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '', 'token'),
  }
  const step = await runStep(trainStep(world, {}, { environment }))
  expect([step.code, step.outputs['status']]).toEqual([0, 'completed'])
  expect((await world.jobs()).map(({ status }) => status)).toEqual(['Completed'])
  expect(proxy.hosts()).toEqual(['aws', 'token'])
}, 60_000)
