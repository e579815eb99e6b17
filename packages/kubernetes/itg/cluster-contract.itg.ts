import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, jest } from '@jest/globals'
import { epochMs } from '@mlops/core'
import { type Access, type Cluster, ensureBinary, pathOf, startCluster } from '@mlops/local-cluster'
import { recogniseNativeErrors } from '@mlops/testing'
import { clusterContract } from '../../testing/src/contracts/cluster.ts'
import { connectCluster } from '../src/index.ts'

recogniseNativeErrors()
jest.setTimeout(60_000)
let local: Cluster
beforeAll(async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'no-images-')), 'images.json')
  writeFileSync(file, '{}')
  local = await startCluster({
    binary: await ensureBinary({ progress: (line) => void process.stderr.write(`${line}\n`) }),
    images: { kind: 'table', file },
    users: { stranger: [] },
  })
}, 40 * 60_000)
afterAll(() => local.down())

const connect = ({ kubeconfig }: Access) =>
  connectCluster(
    { kind: 'kubeconfig', text: readFileSync(kubeconfig, 'utf8') },
    {
      clock: {
        now: () => epochMs(Date.now()),
        sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
      },
      random: { next: Math.random },
      environment: {},
      signal: new AbortController().signal,
    },
  )

clusterContract('the API server of the local cluster', async (name) => {
  const namespace = `${name}-${randomBytes(4).toString('hex')}`
  await local.api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  return {
    cluster: await connect(local),
    namespace,
    applyAsSomebody: async (object) => {
      const { apiVersion, kind, metadata } = object
      const path = pathOf({ apiVersion, kind, namespace, name: metadata.name })
      await local.api.patch(`${path}?fieldManager=somebody&force=true`, 'apply', object)
    },
    stranger: await connect(local.asUser('stranger')),
  }
})
