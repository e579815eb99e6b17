import type { KubernetesObject, ReleaseRecord } from '../../src/index.ts'

export const DIGEST = `sha256:${'a'.repeat(64)}`

export const deploymentOf = (name: string, image: string, more: object = {}): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image }] } },
    ...more,
  },
})

export const configMapOf = (name: string, data: Readonly<Record<string, string>>): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  data,
})

export const recordOf = (revision: number, more: Partial<ReleaseRecord> = {}): ReleaseRecord => ({
  version: 1,
  release: 'model',
  namespace: 'shop',
  revision,
  status: 'deployed',
  health: 'healthy',
  because: '',
  createdAt: '2026-11-26T00:00:00Z',
  commit: 'abc',
  repository: 'acme/retail',
  actor: 'ada',
  runUrl: 'https://github.com/acme/retail/actions/runs/1',
  fencing: 1,
  images: {},
  objects: [],
  ...more,
})
