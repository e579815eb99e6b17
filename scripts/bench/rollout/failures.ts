import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ClusterWorld,
  configMap,
  deployStep,
  manifestFolder,
  modelServer,
  type Namespace,
  putService,
  removeImage,
  runStep,
  type ServiceImage,
  type WorkloadParts,
} from '@mlops/testing'
import { put, spread, table } from '../page.ts'
import { firstStatus, type Written } from './audit.ts'
import { kubectl } from './commands.ts'

const ROUNDS = 3

interface Failing {
  readonly failureClass: string
  readonly name: string
  readonly image?: ServiceImage
  readonly parts?: WorkloadParts
  /** What somebody does between the preflight and the rollout. */
  readonly meanwhile?: (world: ClusterWorld, namespace: Namespace, image: string) => Promise<void>
  /** The status from which on nothing but the grace of the class is waited for. */
  readonly decisive: readonly [resource: 'pods' | 'replicasets' | 'deployments', isSo: (written: Written) => boolean]
  readonly graceSeconds: number
  /** How long kubectl is let wait beside the step. */
  readonly kubectlSeconds: number
}

const main = ({ status }: Written) => status?.containerStatuses?.[0]
const waits = (written: Written) => main(written)?.state?.waiting?.reason ?? ''
/** How many runs of the container have ended. */
const ends = (written: Written) => {
  const { restartCount, state, lastState } = main(written) ?? { restartCount: 0 }
  const isBetween =
    state?.terminated !== undefined || (state?.waiting !== undefined && lastState?.terminated !== undefined)
  return restartCount + Number(isBetween)
}
const wasKilled = (written: Written) =>
  [main(written)?.state?.terminated, main(written)?.lastState?.terminated].some((end) => end?.reason === 'OOMKilled')
const holds = (type: string, status: string, reason: string) => (written: Written) =>
  (written.status?.conditions ?? []).some((one) => one.type === type && one.status === status && one.reason === reason)

const FAILING: readonly Failing[] = [
  {
    failureClass: 'image-not-found',
    name: 'image deleted after the preflight',
    image: { labels: { is: 'deleted' } },
    meanwhile: async (world, _, image) => removeImage(world, image),
    decisive: ['pods', (written) => /^(ErrImagePull|ImagePullBackOff)$/.test(waits(written))],
    graceSeconds: 0,
    kubectlSeconds: 20,
  },
  {
    failureClass: 'crash-loop',
    name: 'crashes at start: its third end',
    image: { mode: 'crash-at-start' },
    decisive: ['pods', (written) => ends(written) >= 3],
    graceSeconds: 0,
    kubectlSeconds: 20,
  },
  {
    failureClass: 'oom-killed',
    name: 'out of memory: its second kill',
    image: { mode: 'eats-memory', startMs: 10_000 },
    parts: { container: { resources: { limits: { memory: '128Mi' } } } },
    decisive: ['pods', (written) => ends(written) >= 2 && wasKilled(written)],
    graceSeconds: 0,
    kubectlSeconds: 20,
  },
  {
    failureClass: 'config-missing',
    name: 'key of a ConfigMap deleted after the preflight',
    parts: {
      container: { env: [{ name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'given', key: 'level' } } }] },
    },
    meanwhile: (_, namespace) => namespace.edit('ConfigMap', 'given', { data: { level: null } }),
    decisive: ['pods', (written) => waits(written) === 'CreateContainerConfigError'],
    graceSeconds: 10,
    kubectlSeconds: 20,
  },
  {
    failureClass: 'quota-exceeded',
    name: 'quota set after the preflight',
    meanwhile: (_, namespace) =>
      namespace.create({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'few' },
        spec: { hard: { pods: '1' } },
      }),
    decisive: ['replicasets', holds('ReplicaFailure', 'True', 'FailedCreate')],
    graceSeconds: 10,
    kubectlSeconds: 20,
  },
  {
    failureClass: 'unschedulable',
    name: 'asks for 900 CPUs',
    parts: { container: { resources: { requests: { cpu: '900' } } } },
    decisive: ['pods', holds('PodScheduled', 'False', 'Unschedulable')],
    graceSeconds: 60,
    kubectlSeconds: 75,
  },
  {
    failureClass: 'probe-not-ready',
    name: 'never ready: its progressDeadlineSeconds (8 s here)',
    image: { mode: 'never-ready' },
    parts: { spec: { progressDeadlineSeconds: 8 } },
    decisive: ['deployments', holds('Progressing', 'False', 'ProgressDeadlineExceeded')],
    graceSeconds: 0,
    kubectlSeconds: 20,
  },
]

const until = async (look: () => Promise<boolean> | boolean): Promise<void> => {
  while (!(await look())) await sleep(50)
}

/** Lets a step wait for the lock of its release, which somebody else has, until something was done after its preflight. */
const held = async (namespace: Namespace, meanwhile: () => Promise<void>): Promise<void> => {
  const asked = () => namespace.calls().filter(({ resource, verb }) => resource === 'leases' && verb === 'get').length
  const before = asked()
  await until(() => asked() > before)
  await meanwhile()
  await namespace.edit('Lease', 'mlops-deploy-model', { spec: { holderIdentity: '' } })
}

interface Generation {
  readonly metadata: { readonly generation: number }
}

/** What `kubectl rollout status` says of the same Deployment, from when it was changed on. */
const watchedByKubectl = async (world: ClusterWorld, namespace: Namespace, seconds: number) => {
  const generation = async () => (await namespace.get<Generation>('Deployment', 'model'))?.metadata.generation
  await until(async () => (await generation()) === 2)
  const args = ['rollout', 'status', '--namespace', namespace.name, 'deployment/model', `--timeout=${seconds}s`]
  return kubectl(world, world.kubeconfig, ...args)
}

interface Measured {
  readonly seconds: number
  readonly failureClass: string
  readonly kubectlSeconds: number
  readonly kubectlSaid: string
}

const measure = async (world: ClusterWorld, good: string, failing: Failing): Promise<Measured> => {
  const { image, parts = {}, meanwhile, decisive, kubectlSeconds } = failing
  const namespace = await world.namespace()
  const login = { kubeconfig: world.kubeconfig, 'on-failure': 'leave', timeout: '10m' }
  const stepWith = (reference: string, more: WorkloadParts) =>
    deployStep(world, namespace, manifestFolder(modelServer('model', reference, more)), login)
  await namespace.create(configMap('given', { level: 'low' }))
  const first = await runStep(stepWith(good, {}))
  if (first.code !== 0) throw new Error(first.text)
  const bad = image === undefined ? good : await putService(world, image)
  if (meanwhile !== undefined)
    await namespace.edit('Lease', 'mlops-deploy-model', { spec: { holderIdentity: 'somebody' } })
  // Something has to differ where the image does not.
  const changed = { ...parts, labels: { try: '2' } }
  const [failed, beside] = await Promise.all([
    runStep(stepWith(bad, changed)),
    watchedByKubectl(world, namespace, kubectlSeconds),
    meanwhile === undefined ? undefined : held(namespace, () => meanwhile(world, namespace, bad)),
  ])
  // The verdict is written into the record at once, and nothing is after that.
  const verdict = namespace.writes().findLast(({ resource }) => resource === 'secrets')
  const seconds = (Date.parse(verdict?.time ?? '') - firstStatus(world, namespace, ...decisive)) / 1000
  return {
    seconds,
    failureClass: failed.outputs['failure-class'] ?? failed.text,
    kubectlSeconds: beside.seconds,
    kubectlSaid:
      beside.text
        .trim()
        .split('\n')
        .at(-1)
        ?.replace(/^error: /, '') ?? '',
  }
}

const rowOf = ({ name, failureClass, graceSeconds }: Failing, all: readonly Measured[]) => {
  const other = all.find((one) => one.failureClass !== failureClass)
  if (other !== undefined) throw new Error(`${name} was named ${other.failureClass}`)
  const times = all.map(({ seconds }) => seconds)
  const kubectlTimes = all.map(({ kubectlSeconds }) => kubectlSeconds)
  const said = [...new Set(all.map(({ kubectlSaid }) => kubectlSaid))].join(' or ')
  return [
    `${failureClass}: ${name}`,
    spread(times, 2),
    String(graceSeconds),
    spread(
      times.map((seconds) => seconds - graceSeconds),
      2,
    ),
    `${said}, after ${spread(kubectlTimes, 1)} s`,
  ]
}

/** Measures from the status that decides to the verdict, for each class, with kubectl waiting beside it. */
export const benchFailures = async (world: ClusterWorld, rounds = ROUNDS): Promise<void> => {
  const good = await putService(world)
  /** One after the other, but for what is waited for long: that passes at the same time. */
  const lane = async (failing: Failing): Promise<readonly Measured[]> => {
    if (failing.graceSeconds >= 60)
      return Promise.all(Array.from({ length: rounds }, () => measure(world, good, failing)))
    const all: Measured[] = []
    for (let round = 0; round < rounds; round += 1) all.push(await measure(world, good, failing))
    return all
  }
  const rows = await Promise.all(FAILING.map(async (failing) => rowOf(failing, await lane(failing))))
  put(
    'performance.md',
    'rollout-failures',
    table(
      [
        'class, and what decides',
        'decided → verdict, s',
        'grace of the class, s',
        'beyond it, s',
        '`kubectl rollout status` beside it',
      ],
      rows,
    ),
  )
}
