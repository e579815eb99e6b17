import { type ClusterWorld, deployStep, manifestFolder, modelServer, type Namespace, putService } from '@mlops/testing'
import { median, percentile, put, table } from '../page.ts'
import { firstStatus, isComplete } from './audit.ts'
import { type Ended, kubectlDone, step } from './commands.ts'

const ROUNDS = 20
/** How long the service takes to listen: so long that every way waits already when the rollout is complete. */
const START_MS = 1500

interface Way {
  readonly name: string
  readonly deploy: (namespace: Namespace, workspace: string) => Promise<Ended>
}

const waysOf = (world: ClusterWorld): readonly [Way, Way] => [
  {
    name: 'deploy-eks',
    deploy: (namespace, workspace) =>
      step(deployStep(world, namespace, workspace, { kubeconfig: world.kubeconfig }), 0),
  },
  {
    name: '`kubectl apply`, then `kubectl rollout status`',
    deploy: async ({ name }, workspace) => {
      const at = ['--namespace', name]
      const applied = await kubectlDone(world, world.kubeconfig, 'apply', ...at, '--filename', `${workspace}/k8s`)
      const done = await kubectlDone(world, world.kubeconfig, 'rollout', 'status', ...at, 'deployment/model')
      return { ...done, seconds: applied.seconds + done.seconds }
    },
  },
]

interface Measured {
  readonly lagMs: number
  readonly seconds: number
}

/** Deploys the same change by each way in turn, and measures from the status that completes the rollout to the process's end. */
export const benchEnd = async (world: ClusterWorld, rounds = ROUNDS): Promise<void> => {
  const image = await putService(world, { startMs: START_MS })
  const ways = waysOf(world)
  const places = new Map<Way, Namespace>()
  for (const way of ways) places.set(way, await world.namespace())
  const all = new Map<Way, Measured[]>(ways.map((way) => [way, []]))
  for (let round = 0; round <= rounds; round += 1) {
    const env = [{ name: 'ROUND', value: String(round) }]
    const workspace = manifestFolder(modelServer('model', image, { container: { env } }))
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
      const namespace = places.get(way)
      if (namespace === undefined) continue
      const { seconds, endedAt } = await way.deploy(namespace, workspace)
      const complete = firstStatus(world, namespace, 'deployments', isComplete(round + 1))
      // The first round creates everything, and does not count.
      if (round > 0) all.get(way)?.push({ seconds, lagMs: endedAt - complete })
    }
  }
  const rows = ways.map((way) => {
    const measured = all.get(way) ?? []
    const lags = measured.map(({ lagMs }) => lagMs)
    const figures = [median(lags), percentile(lags, 0.95), Math.min(...lags), Math.max(...lags)]
    const whole = median(measured.map(({ seconds }) => seconds))
    return [way.name, ...figures.map((figure) => figure.toFixed(0)), whole.toFixed(1)]
  })
  put(
    'performance.md',
    'rollout-end',
    table([`${rounds} rollouts by each way`, 'median, ms', 'p95, ms', 'least', 'most', 'whole command, s'], rows),
  )
}
