import {
  autoscaler,
  type ClusterWorld,
  configMap,
  deployStep,
  disruptionBudget,
  type ManifestObject,
  manifestFolder,
  modelServer,
  putService,
} from '@mlops/testing'
import type { ClusterCall } from '@mlops/local-cluster'
import { put, table } from '../page.ts'
import { kubectlDone, step } from './commands.ts'

const MODELS = ['basket', 'churn', 'demand', 'price'] as const

/** 20 objects: four models with all that belongs to them. */
const objectsOf = (image: string, level: string): readonly ManifestObject[] =>
  MODELS.flatMap((name) => [
    ...modelServer(name, image, { container: { env: [{ name: 'LEVEL', value: level }] } }),
    configMap(`${name}-settings`, { level }),
    autoscaler(name, 1, 3),
    disruptionBudget(name, 0),
  ])

const KINDS = ['reviews', 'reads', 'dry runs', 'writes', 'watches'] as const
type Kind = (typeof KINDS)[number]

const kindOf = ({ verb, apiGroup, path }: ClusterCall): Kind => {
  if (verb === 'watch') return 'watches'
  if (apiGroup === 'authorization.k8s.io') return 'reviews'
  if (verb === 'get' || verb === 'list') return 'reads'
  return path.includes('dryRun=') ? 'dry runs' : 'writes'
}

const asked = async (world: ClusterWorld, work: () => Promise<unknown>): Promise<readonly Kind[]> => {
  const before = world.clusterCalls().length
  await work()
  return world.clusterCalls().slice(before).map(kindOf)
}

const rowOf = (name: string, all: readonly Kind[], objects: number) => {
  const counts = KINDS.map((kind) => all.filter((one) => one === kind).length)
  const calls = all.filter((kind) => kind !== 'watches').length
  return [name, ...[calls, (calls / objects).toFixed(1), ...counts].map((figure) => String(figure))]
}

/** Counts, by the audit log, what is asked of the API server for a release of 20 objects. */
export const benchCalls = async (world: ClusterWorld): Promise<void> => {
  const image = await putService(world)
  const [ours, theirs] = [await world.namespace(), await world.namespace()]
  const folders = ['low', 'high'].map((level) => manifestFolder(objectsOf(image, level)))
  const size = objectsOf(image, '').length
  const deploy = (workspace: string) =>
    asked(world, () => step(deployStep(world, ours, workspace, { kubeconfig: world.kubeconfig }), 0))
  const apply = (workspace: string) =>
    asked(world, async () => {
      const at = ['--namespace', theirs.name]
      await kubectlDone(world, world.kubeconfig, 'apply', ...at, '--filename', `${workspace}/k8s`)
      for (const name of MODELS)
        await kubectlDone(world, world.kubeconfig, 'rollout', 'status', ...at, `deployment/${name}`)
    })
  const rows: string[][] = []
  for (const [what, folder] of [
    ['the first time', folders[0]],
    ['all Deployments and ConfigMaps changed', folders[1]],
    ['nothing changed', folders[1]],
  ] as const) {
    if (folder === undefined) continue
    rows.push(rowOf(`deploy-eks, ${what}`, await deploy(folder), size))
    rows.push(rowOf(`kubectl, ${what}`, await apply(folder), size))
  }
  put(
    'performance.md',
    'rollout-calls',
    table([`${size} objects`, 'calls but watches', 'an object', ...KINDS.map((kind) => `of them ${kind}`)], rows),
  )
}
