import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, epochMs } from '@mlops/core'
import { type Cluster, type ClusterOptions, ensureBinary, startCluster } from '@mlops/local-cluster'

export const realClock: Clock = {
  now: () => epochMs(Date.now()),
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
}

const RBAC = 'rbac.authorization.k8s.io'

/** Lets a group do in the namespace `default` what these rules say. */
const granted = (group: string, rules: readonly object[]): NonNullable<ClusterOptions['objects']> => [
  { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: { name: group, namespace: 'default' }, ...{ rules } },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: { name: group, namespace: 'default' },
    ...{
      roleRef: { apiGroup: RBAC, kind: 'Role', name: group },
      subjects: [{ apiGroup: RBAC, kind: 'Group', name: group }],
    },
  },
]

/** A cluster in which nothing is to run, with one group that may do something. */
export const startBareCluster = async (
  options: Pick<ClusterOptions, 'users' | 'eks'>,
  group: string,
  rules: readonly object[],
): Promise<Cluster> => {
  const file = join(mkdtempSync(join(tmpdir(), 'no-images-')), 'images.json')
  writeFileSync(file, '{}')
  return startCluster({
    binary: await ensureBinary({ progress: (line) => void process.stderr.write(`${line}\n`) }),
    images: { kind: 'table', file },
    objects: granted(group, rules),
    ...options,
  })
}
