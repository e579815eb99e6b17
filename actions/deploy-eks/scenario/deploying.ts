import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { ReleaseRecord } from '@mlops/core'
import {
  type ClusterWorld,
  deployStep,
  type ManifestObject,
  manifestFolder,
  type Namespace,
  type StepOptions,
} from '@mlops/testing'

type Texts = Readonly<Record<string, string>>

/** A deploy-eks step on these objects. */
export const deployOf = (
  world: ClusterWorld,
  namespace: Namespace,
  objects: readonly ManifestObject[],
  inputs: Texts = {},
): StepOptions => deployStep(world, namespace, manifestFolder(objects), { timeout: '90s', ...inputs })

/** A release record as it lies in the cluster; undefined when there is none. */
export const recordOf = async (namespace: Namespace, revision: number): Promise<ReleaseRecord | undefined> => {
  const secret = await namespace.get<{ readonly data: Texts }>('Secret', `mlops-release.model.v${revision}`)
  if (secret === undefined) return undefined
  return JSON.parse(gunzipSync(Buffer.from(secret.data['record'] ?? '', 'base64')).toString()) as ReleaseRecord
}

/** Writes into a record that its release was found healthy, as health-check-rollback does. */
export const judgeHealthy = async (namespace: Namespace, revision: number): Promise<void> => {
  const record = { ...(await recordOf(namespace, revision)), health: 'healthy' }
  await namespace.edit('Secret', `mlops-release.model.v${revision}`, {
    data: { record: gzipSync(JSON.stringify(record)).toString('base64') },
  })
}

/** Statuses of all records, oldest first. */
export const statuses = async (namespace: Namespace): Promise<readonly string[]> => {
  const names = (await namespace.list('Secret')).map(({ metadata }) => metadata?.name ?? '')
  const revisions = names
    .filter((name) => name.startsWith('mlops-release.model.v'))
    .map((name) => Number(name.slice(name.lastIndexOf('v') + 1)))
    .toSorted((one, other) => one - other)
  const records = await Promise.all(revisions.map((revision) => recordOf(namespace, revision)))
  return records.map((record) => `${record?.revision ?? '?'} ${record?.status ?? '?'}`)
}

/** Who has the lock of the release; empty when nobody has. */
export const holderOf = async (namespace: Namespace): Promise<string> =>
  (await namespace.get<{ readonly spec: { readonly holderIdentity?: string } }>('Lease', 'mlops-deploy-model'))?.spec
    .holderIdentity ?? ''

/** The image of the container of a Deployment. */
export const imageOf = async (namespace: Namespace, name = 'model'): Promise<string> =>
  (
    await namespace.get<{
      readonly spec: {
        readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } }
      }
    }>('Deployment', name)
  )?.spec.template.spec.containers[0]?.image ?? ''

/** Waits until something is so. */
export const until = async (what: string, look: () => Promise<boolean> | boolean, seconds = 30): Promise<void> => {
  const end = performance.now() + seconds * 1000
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s`)
    await sleep(50)
  }
}

/** Takes the lock of the release away from whoever has it, as a Lease does that has run out. */
export const expireLock = (namespace: Namespace): Promise<void> =>
  namespace.edit('Lease', 'mlops-deploy-model', { spec: { holderIdentity: '' } })

/** Runs a step whose lock somebody else holds until something has happened after its preflight. */
export const afterPreflight = async <T>(
  namespace: Namespace,
  run: () => Promise<T>,
  happens: (namespace: Namespace) => Promise<unknown>,
): Promise<T> => {
  await namespace.edit('Lease', 'mlops-deploy-model', { spec: { holderIdentity: 'somebody' } })
  const reads = () => namespace.calls().filter(({ resource, verb }) => resource === 'leases' && verb === 'get').length
  const before = reads()
  const running = run()
  await until('the step waits for the lock', () => reads() > before)
  await happens(namespace)
  await expireLock(namespace)
  return running
}

/** Asks the service again and again, until it is stopped; gives each answer once. */
export const asking = (namespace: Namespace) => {
  const answers = new Set<string>()
  const stopped = new AbortController()
  const ask = async () => {
    while (!stopped.signal.aborted) {
      const { status, body } = await namespace.ask('model:http', '/version')
      answers.add(`${status} ${(body as { readonly model_version?: string }).model_version ?? ''}`)
      await sleep(100)
    }
  }
  const done = ask()
  return async (): Promise<readonly string[]> => {
    stopped.abort()
    await done
    return [...answers]
  }
}

/** How long a phase took in milliseconds, as the summary says. */
export const tookMs = (summary: string, phase: string): number =>
  Number(new RegExp(`\\| ${phase} \\| ([0-9.]+) s`).exec(summary)?.[1] ?? NaN) * 1000
