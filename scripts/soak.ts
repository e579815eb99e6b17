// Rolls out what is good, again and again, while registry, node, programs and API server make trouble that passes, and counts
// how often a rollout was called a failure all the same. The same seed befalls the same rollouts with the same trouble.
import { parseArgs } from 'node:util'
import {
  type ApiFault,
  type ClusterWorld,
  deployStep,
  manifestFolder,
  type Namespace,
  openClusterWorld,
  openFaultProxy,
  putService,
  runStep,
  type StepResult,
} from '@mlops/testing'
import { put, table } from './bench/page.ts'
import { befall } from './soak/befall.ts'
import { releaseOf } from './soak/objects.ts'
import { API_FAULTS, API_TROUBLES, planOf, type PlannedStep, TROUBLES } from './soak/plan.ts'

/** Releases that are rolled out at the same time. */
const LANES = 3
/** Beside them the deadline of a Deployment, ten minutes, and of the step are far away. */
const TIMEOUT = '5m'

interface Soaked {
  readonly step: PlannedStep
  /** Names of the Deployments whose trouble was seen. */
  readonly seen: ReadonlySet<string>
  readonly apiSeen: boolean
  /** Names of the Deployments that were called failures. */
  readonly failed: ReadonlySet<string>
  readonly seconds: number
}

/** Who was called a failure: those that the step names, or all when it ended otherwise. */
const failedIn = ({ code, outputs, text }: StepResult, { rollouts }: PlannedStep): ReadonlySet<string> => {
  if (code === 0 && outputs['status'] === 'deployed') return new Set()
  console.log(`a good release was ${outputs['status'] ?? 'not deployed'}:\n${text}`)
  const named = JSON.parse(outputs['failed-workloads'] || '[]') as readonly { readonly object: string }[]
  const names = rollouts.map(({ name }) => name)
  const failed = names.filter((name) => named.some(({ object }) => object === `Deployment/${name}`))
  return new Set(failed.length === 0 ? names : failed)
}

interface Lane {
  readonly soak: (step: PlannedStep, round: number, restart: () => Promise<void>) => Promise<Soaked>
  /** Lets nobody through any more, or again. */
  readonly shut: (isShut: boolean) => void
  readonly close: () => void
}

/** One namespace in which release follows on release, each reached through a proxy of its own. */
const openLane = async (world: ClusterWorld, lane: number): Promise<Lane> => {
  const namespace: Namespace = await world.namespace()
  const proxy = await openFaultProxy(world.cluster)
  let faults: readonly ApiFault[] = []
  const shut = (isShut: boolean) => {
    proxy.clear()
    for (const fault of isShut ? [{ kind: 'reset', times: Infinity } as const] : faults) proxy.fault(fault)
  }
  const kubeconfig = proxy.kubeconfig(world.kubeconfig)
  const soak: Lane['soak'] = async (step, round, restart) => {
    const { rollouts, apiTrouble } = step
    const images = new Map<string, string>()
    for (const { name } of rollouts) images.set(name, await putService(world, { version: `${lane}-${name}` }))
    const workspace = manifestFolder(releaseOf(rollouts, images, { namespace: namespace.name, round }))
    for (const { name, trouble, ms } of rollouts)
      if (trouble === 'throttled' || trouble === 'unavailable')
        await world.cluster.kubelet.failPulls({ reference: images.get(name) ?? '', fault: trouble, seconds: ms / 1000 })
    const before = proxy.calls().length
    faults = API_FAULTS[apiTrouble].map((fault) => ({ ...fault, namespace: namespace.name }))
    shut(false)
    const befalling = befall({ world, namespace, restart }, step, round)
    const from = performance.now()
    const result = await runStep(deployStep(world, namespace, workspace, { kubeconfig, timeout: TIMEOUT }))
    const seconds = (performance.now() - from) / 1000
    await befalling.stop()
    const wasMet = proxy
      .calls()
      .slice(before)
      .some(({ fault }) => faults.some(({ kind }) => kind === fault))
    const apiSeen = apiTrouble === 'nothing' || befalling.restarted() || wasMet
    return { step, seen: befalling.seen, apiSeen, failed: failedIn(result, step), seconds }
  }
  return { soak, shut, close: proxy.close }
}

const soaked = async (world: ClusterWorld, plan: readonly PlannedStep[]): Promise<readonly Soaked[]> => {
  const all: Soaked[] = []
  const lanes = await Promise.all(Array.from({ length: LANES }, (_, number) => openLane(world, number)))
  let restarts = Promise.resolve()
  /** As behind a load balancer, nobody reaches an API server that is not ready. */
  const restartAfter = async (before: Promise<void>) => {
    await before
    for (const { shut } of lanes) shut(true)
    await world.cluster.restartApiServer()
    for (const { shut } of lanes) shut(false)
  }
  const restart = () => (restarts = restartAfter(restarts))
  const run = async ({ soak, close }: Lane, number: number) => {
    for (const [index, step] of plan.entries()) {
      if (index % LANES !== number) continue
      // A release begins only at a cluster that is up.
      await restarts
      const one = await soak(step, index, restart)
      all.push(one)
      const failures = one.failed.size === 0 ? 'good' : `FALSE FAILURES: ${[...one.failed].join(', ')}`
      console.log(`release ${index + 1} of ${plan.length}: ${failures} (${one.seconds.toFixed(1)} s)`)
    }
    close()
  }
  await Promise.all(lanes.map(run))
  return all
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

type Row = readonly [what: string, rollouts: number, seen: number, failed: number]

const rowsOf = (all: readonly Soaked[]): readonly Row[] => [
  ...Object.entries(TROUBLES).map(([trouble, what]): Row => {
    const rollouts = all.flatMap(({ step, seen, failed }) =>
      step.rollouts
        .filter((one) => one.trouble === trouble)
        .map(({ name }) => ({ seen: seen.has(name), failed: failed.has(name) })),
    )
    const count = (field: 'seen' | 'failed') => rollouts.filter((one) => one[field]).length
    return [`pods: ${what}`, rollouts.length, count('seen'), count('failed')]
  }),
  ...Object.entries(API_TROUBLES).map(([trouble, what]): Row => {
    const steps = all.filter(({ step }) => step.apiTrouble === trouble)
    const rollouts = (some: readonly Soaked[]) => total(some.map(({ step }) => step.rollouts.length))
    return [
      `API server: ${what}`,
      rollouts(steps),
      rollouts(steps.filter(({ apiSeen }) => apiSeen)),
      total(steps.map(({ failed }) => failed.size)),
    ]
  }),
]

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    rollouts: { type: 'string', default: '200' },
    /** Without it the figures are only printed. */
    write: { type: 'boolean', default: false },
  },
})
const plan = planOf(Number(values.seed), Number(values.rollouts))
const from = performance.now()
const world = await openClusterWorld({ action: 'deploy-eks' })
const all: Soaked[] = []
try {
  all.push(...(await soaked(world, plan)))
} finally {
  await world.close()
}
const minutes = ((performance.now() - from) / 60_000).toFixed(1)

const rows = rowsOf(all)
const rollouts = total(all.map(({ step }) => step.rollouts.length))
const failures = total(all.map(({ failed }) => failed.size))
const text = table(
  ['what befalls a good rollout', 'rollouts', 'of them it was seen at', 'false failures'],
  [...rows.map((row) => row.map(String)), ['all', String(rollouts), '', String(failures)]],
)
const told = `${rollouts} rollouts in ${plan.length} releases, seed ${values.seed}, ${minutes} minutes.\n\n${text}`
if (values.write) put('performance.md', 'soak', told)
else console.log(`\n${told}`)

// What did not happen proves nothing.
const unseen = rows.filter(([, planned, seen]) => planned > 0 && seen === 0).map(([what]) => what)
if (unseen.length > 0) console.log(`not seen at all: ${unseen.join('; ')}`)
process.exitCode = failures === 0 && unseen.length === 0 ? 0 : 1
