import { expect, test } from '@jest/globals'
import type { KubernetesObject, RecordedObject } from '../../src/index.ts'
import { interference } from '../../src/release/interference.ts'

const account: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'runner', namespace: 'shop' },
  automountServiceAccountToken: false,
}
const recorded = (applied: KubernetesObject): RecordedObject => ({
  reference: { apiVersion: applied.apiVersion, kind: applied.kind, namespace: 'shop', name: applied.metadata.name },
  applied,
  created: true,
})

test('an object without a spec that is as it was written is nobody else’s', () => {
  expect(interference(account, recorded(account))).toBeUndefined()
  const changed = { ...account, automountServiceAccountToken: true }
  expect(interference(changed, recorded(account))).toBe('no longer says what the release wrote')
})

test('a number of replicas is a controller’s to set', () => {
  const workload = (replicas: number, image: string): KubernetesObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'model', namespace: 'shop' },
    spec: { replicas, template: { spec: { containers: [{ name: 'main', image }] } } },
  })
  const written = recorded(workload(1, 'model:1'))
  expect(interference(workload(5, 'model:1'), written)).toBeUndefined()
  expect(interference(workload(1, 'model:2'), written)).toBe('no longer says what the release wrote')
})
