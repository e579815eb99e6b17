import {
  type ClusterWorld,
  deployStep,
  healthCheckStep,
  manifestFolder,
  modelServer,
  type Namespace,
  putService,
} from '@mlops/testing'
import { stringify } from 'yaml'
import { put, spread, table } from '../page.ts'
import { firstStatus, isComplete } from './audit.ts'
import { kubectlDone, step } from './commands.ts'

const ROUNDS = 5
/** How long the service takes to listen. */
const START_MS = 1000

const CHECKS = stringify({
  version: 1,
  target: { service: 'model:http' },
  checks: [
    { name: 'alive', path: '/health', interval: '100ms', expect: { json: [{ path: '$.status', value: 'ok' }] } },
    {
      name: 'version',
      path: '/version',
      interval: '100ms',
      expect: { json: [{ path: '$.model_version', value: '1' }] },
    },
  ],
  bake: '0s',
})

interface Measured {
  readonly podsReady: number
  readonly end: number
}

/** Measures from the start of the command that rolls back until the pods of the release before run, and until it ends. */
export const benchUndo = async (world: ClusterWorld, rounds = ROUNDS): Promise<void> => {
  const images = [await putService(world, { version: '1', startMs: START_MS })]
  images.push(await putService(world, { version: '2', startMs: START_MS }))
  const release = async (namespace: Namespace) => {
    for (const image of images) {
      const workspace = manifestFolder(modelServer('model', image))
      await step(deployStep(world, namespace, workspace, { kubeconfig: world.kubeconfig }), 0)
    }
  }
  const measured = async (work: (namespace: Namespace) => Promise<unknown>): Promise<Measured> => {
    const namespace = await world.namespace()
    await release(namespace)
    const from = Date.now()
    await work(namespace)
    const end = Date.now()
    // The third change of its spec: version 1, version 2, and back.
    const complete = firstStatus(world, namespace, 'deployments', isComplete(3))
    return { podsReady: (complete - from) / 1000, end: (end - from) / 1000 }
  }
  const ours: Measured[] = []
  const theirs: Measured[] = []
  for (let round = 0; round < rounds; round += 1) {
    ours.push(
      await measured((namespace) => {
        const inputs = { kubeconfig: world.kubeconfig, mode: 'rollback', reason: 'a figure is wanted' }
        return step(healthCheckStep(world, namespace, manifestFolder([], { 'checks.yml': CHECKS }), inputs), 0)
      }),
    )
    theirs.push(
      await measured(async ({ name }) => {
        const at = ['--namespace', name, 'deployment/model']
        await kubectlDone(world, world.cluster.kubeconfig, 'rollout', 'undo', ...at)
        await kubectlDone(world, world.cluster.kubeconfig, 'rollout', 'status', ...at)
      }),
    )
  }
  const row = (name: string, all: readonly Measured[]) => [
    name,
    spread(
      all.map(({ podsReady }) => podsReady),
      1,
    ),
    spread(
      all.map(({ end }) => end),
      1,
    ),
  ]
  put(
    'performance.md',
    'rollout-undo',
    table(
      [
        `start → …, s; ${rounds} rollbacks by each way`,
        'pods of the release before run, no others',
        'the command has ended',
      ],
      [
        row('health-check-rollback: the whole release, then its checks', ours),
        row('`kubectl rollout undo`, then `rollout status`: one Deployment, not checked', theirs),
      ],
    ),
  )
}
