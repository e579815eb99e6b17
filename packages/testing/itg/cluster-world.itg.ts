import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ClusterWorld,
  modelServer,
  type Namespace,
  openClusterWorld,
  putService,
  type ServiceImage,
} from '../src/index.ts'

jest.setTimeout(60_000)
let world: ClusterWorld
beforeAll(async () => {
  world = await openClusterWorld()
}, 40 * 60_000)
afterAll(() => world.close())

const until = async <T>(look: () => Promise<T | undefined>, seconds = 30): Promise<T> => {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(50)
  }
  throw new Error('it did not happen in time')
}

interface PodState {
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly containerStatuses?: readonly {
      readonly ready: boolean
      readonly restartCount: number
      readonly imageID: string
      readonly state: { readonly waiting?: { readonly reason: string }; readonly terminated?: Ended }
      readonly lastState?: { readonly terminated?: Ended }
    }[]
  }
}
interface Ended {
  readonly exitCode: number
  readonly reason: string
}

const containerIn = async (namespace: Namespace) =>
  (await namespace.list<PodState>('Pod'))[0]?.status.containerStatuses?.[0]

const release = async (image: ServiceImage, container: Readonly<Record<string, unknown>> = {}) => {
  const namespace = await world.namespace()
  await namespace.create(...modelServer('model', await putService(world, image), { container }))
  return namespace
}

test('a good service gets ready and answers by its version, as often as one likes', async () => {
  const started = performance.now()
  const namespace = await release({ version: '7' })
  await until(async () => ((await containerIn(namespace))?.ready ? true : undefined))
  console.log(`ready after ${Math.round(performance.now() - started)} ms`)
  const asked = { basket: [1, 2, 4] }
  const answer = await until(async () => {
    const found = await namespace.ask('model:http', '/predict', asked)
    return found.status === 200 ? found : undefined
  })
  expect(answer).toEqual({ status: 200, body: { prediction: 'Medium', model_version: '7' } })
  expect(await namespace.ask('model:http', '/nothing')).toMatchObject({ status: 404 })
  expect(await putService(world, { version: '7' })).toBe((await containerIn(namespace))?.imageID)
})
