import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Context } from '@mlops/action-kit'
import { ActionError, type Cluster, epochMs, type Refusal, seconds } from '@mlops/core'
import { releaseRecords } from '@mlops/kubernetes'
import { clusterInMemory, recogniseNativeErrors, stepContext } from '@mlops/testing'
import { cleanup } from '../src/cleanup.ts'
import { run } from '../src/run.ts'
import type { Inputs } from '../src/spec.ts'

recogniseNativeErrors()

let workspace = ''
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'deploy-eks-'))
})
afterEach(() => rmSync(workspace, { recursive: true }))

const inputs: Inputs = {
  awsRegion: undefined,
  roleToAssume: undefined,
  cluster: undefined,
  kubeconfig: '',
  namespace: 'shop',
  release: 'model',
  environment: 'dev',
  lockTimeout: seconds(0),
  overlay: undefined,
  manifests: ['*.yaml'],
  images: undefined,
  timeout: seconds(5),
  onFailure: 'rollback',
  onFirstFailure: 'remove',
  onCancel: 'rollback',
  conflicts: 'fail',
  prune: 'owned',
  requireHealthyTarget: false,
  ifOlder: 'fail',
  allowNamespaces: undefined,
  recordSecrets: false,
  dryRun: false,
}

const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'shop', name: 'mlops-deploy-model' }
const FORBIDDEN: Refusal = { status: 403, reason: 'Forbidden', message: 'User "ci" cannot do that', causes: [] }

/** Whoever sleeps in the background keeps nobody waiting. */
const clock = {
  now: () => epochMs(Number(process.hrtime.bigint() / 1_000_000n)),
  sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, { ref: false, ...(signal && { signal }) }),
}

const KILLED = new Error('killed')
const AWAY = new ActionError({ code: 'E-CLUSTER', kind: 'remote', what: 'away', why: 'refused', hint: 'wait' })

/** The cluster as a process sees it that is killed after so many writes, or that it cannot reach any more. */
const killedAfter = (cluster: Cluster, writes: number, why = KILLED): Cluster => {
  let left = writes
  const cut =
    <Args extends readonly unknown[], R>(call: (...args: Args) => Promise<R>, isWrite: (...args: Args) => boolean) =>
    (...args: Args): Promise<R> => {
      if (left <= 0) return Promise.reject(why)
      if (isWrite(...args)) left -= 1
      return call(...args)
    }
  const always = () => true
  const real = (_object: unknown, options?: { readonly dryRun?: boolean }) => options?.dryRun !== true
  return {
    ...cluster,
    get: cut(cluster.get, () => false),
    list: cut(cluster.list, () => false),
    create: cut(cluster.create, real),
    replace: cut(cluster.replace, real),
    apply: cut(cluster.apply, real),
    patch: cut(cluster.patch, always),
    remove: cut(cluster.remove, always),
  }
}

const world = () => {
  const memory = clusterInMemory({ clock, namespaces: ['shop'] })
  const step = (through: Cluster, runId: string, more: Partial<Inputs>) => {
    const context: Context = { ...stepContext({ runId }), clock, workspace }
    const ports = { connect: () => Promise.resolve(through), imagesIn: () => undefined }
    return {
      run: () => run({ ...inputs, ...more }, ports, context),
      post: () =>
        cleanup({ ...inputs, ...more }, { ...ports, connect: () => Promise.resolve(memory.cluster) }, context),
    }
  }
  let runs = 0
  return {
    memory,
    /** One step of a run of its own, with what it is to deploy. */
    step: (data: Readonly<Record<string, string>>, through = memory.cluster, more: Partial<Inputs> = {}) => {
      for (const name of ['a', 'b', 'c']) rmSync(join(workspace, `${name}.yaml`), { force: true })
      for (const [name, value] of Object.entries(data))
        writeFileSync(
          join(workspace, `${name}.yaml`),
          JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } }),
        )
      runs += 1
      return step(through, String(runs), more)
    },
    values: () =>
      Object.fromEntries(
        memory
          .objects()
          .filter(({ kind }) => kind === 'ConfigMap')
          .map(({ metadata, data }) => [metadata.name, (data as { readonly value: string }).value]),
      ),
    newest: async () => (await releaseRecords(memory.cluster, inputs).list()).records[0],
  }
}

test('a release that runs stays, also when what it no longer has cannot be deleted', async () => {
  const { memory, step, values, newest } = world()
  await step({ a: '1', b: '1' }).run()
  memory.refuse(({ verb, reference }) => (verb === 'delete' && reference.kind === 'ConfigMap' ? FORBIDDEN : undefined))
  const second = step({ a: '2' })
  await expect(second.run()).rejects.toMatchObject({ facts: { code: 'E-FORBIDDEN' } })
  memory.refuse(undefined)
  await second.post()
  expect(values()).toEqual({ a: '2', b: '1' })
  expect(await newest()).toMatchObject({ revision: 2, status: 'deployed' })
})

const KILLS = Array.from({ length: 24 }, (_, index) => index)

test.each(KILLS)('a failed release is undone by `post` when its run is killed after write %i', async (writes) => {
  const { memory, step, values } = world()
  await step({ a: '1' }).run()
  memory.refuse(({ verb, reference, dryRun }) =>
    verb === 'apply' && reference.name === 'c' && !dryRun ? FORBIDDEN : undefined,
  )
  const second = step({ a: '2', b: '2', c: '2' }, killedAfter(memory.cluster, writes))
  await second.run().catch(() => undefined)
  await second.post()
  expect(values()).toEqual({ a: '1' })
})

test.each(KILLS)(
  'a first release that failed is removed by `post` when its run is killed after write %i',
  async (writes) => {
    const { memory, step, values } = world()
    memory.refuse(({ verb, reference, dryRun }) =>
      verb === 'apply' && reference.name === 'c' && !dryRun ? FORBIDDEN : undefined,
    )
    const first = step({ a: '1', b: '1', c: '1' }, killedAfter(memory.cluster, writes))
    await first.run().catch(() => undefined)
    await first.post()
    expect(values()).toEqual({})
  },
)

test.each(KILLS.slice(0, 9))(
  'an API server that is away from write %i on: `post` stands back, and the next run leaves nothing half done',
  async (writes) => {
    const { memory, step, values, newest } = world()
    await step({ a: '1', b: '1' }).run()
    const second = step({ a: '2', b: '2' }, killedAfter(memory.cluster, writes, AWAY))
    const isAway = await second.run().then(
      () => false,
      () => true,
    )
    const [left, before] = [values(), await newest()]
    await second.post()
    expect(values()).toEqual(left)
    if (isAway && before?.status === 'pending')
      expect(await newest()).toMatchObject({ revision: 2, status: 'interrupted', failureClass: 'environment' })
    // Who can't reach it can't release its lock either.
    memory.remove(LEASE)
    await step({ a: '3', b: '3' }).run()
    expect(values()).toEqual({ a: '3', b: '3' })
    expect(await newest()).toMatchObject({ status: 'deployed' })
  },
)

test.each(['post', 'the next run'])('on-failure: leave is heard by %s when the run was lost', async (who) => {
  const statuses: unknown[] = []
  for (const writes of KILLS) {
    const { memory, step, values, newest } = world()
    await step({ a: '1' }).run()
    const refuse = () =>
      memory.refuse(({ verb, reference, dryRun }) =>
        verb === 'apply' && reference.name === 'c' && !dryRun ? FORBIDDEN : undefined,
      )
    refuse()
    const leave = { onFailure: 'leave' } as const
    const second = step({ a: '2', b: '2', c: '2' }, killedAfter(memory.cluster, writes), leave)
    await second.run().catch(() => undefined)
    const lost = await newest()
    if (lost?.status !== 'pending' || lost.failureClass === undefined) continue
    if (who === 'post') await second.post()
    else {
      memory.remove(LEASE)
      await step({ a: '2', b: '2', c: '2' }, memory.cluster, leave)
        .run()
        .catch(() => undefined)
    }
    expect(values()).toEqual({ a: '2', b: '2' })
    const { records } = await releaseRecords(memory.cluster, inputs).list()
    statuses.push(records.find(({ revision }) => revision === 2)?.status)
  }
  expect(statuses.length).toBeGreaterThan(0)
  expect(new Set(statuses)).toEqual(new Set(['failed']))
})
