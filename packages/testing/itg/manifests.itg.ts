import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ensureBinary } from '@mlops/local-cluster'
import { parseAllDocuments } from 'yaml'

const overlays = join(import.meta.dirname, '../../../examples/retail/k8s/overlays')

// The program is all of Kubernetes; which part of it runs is told by its name.
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubectl-'))
  symlinkSync(await ensureBinary({ progress: console.log }), join(folder, 'kubectl'))
}, 40 * 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

const rendered = (environment: string) => {
  const text = execFileSync(join(folder, 'kubectl'), ['kustomize', join(overlays, environment)], { encoding: 'utf8' })
  const objects = parseAllDocuments(text).map((document) => document.toJS())
  return Object.fromEntries(objects.map((object) => [object.kind, object]))
}

const POD_LABELS = { app: 'basket-sensitivity' }

test.each([
  ['dev', 1, 2],
  ['staging', 1, 4],
  ['prod', 2, 10],
])('%s is whole: what serves, what scales it, what protects it', (environment, least, most) => {
  const objects = rendered(environment)
  const { Deployment, Service, ConfigMap, HorizontalPodAutoscaler, PodDisruptionBudget, NetworkPolicy } = objects
  expect(Object.keys(objects)).toHaveLength(6)
  expect(Deployment.spec.selector.matchLabels).toEqual(POD_LABELS)
  expect(Deployment.spec.template.metadata.labels).toEqual(POD_LABELS)
  expect(Service.spec.selector).toEqual(POD_LABELS)
  expect(PodDisruptionBudget.spec.selector.matchLabels).toEqual(POD_LABELS)
  expect(NetworkPolicy.spec.podSelector.matchLabels).toEqual(POD_LABELS)
  // A number of pods here would fight with the autoscaler.
  expect(Deployment.spec.replicas).toBeUndefined()
  expect(HorizontalPodAutoscaler.spec).toMatchObject({ minReplicas: least, maxReplicas: most })
  expect(HorizontalPodAutoscaler.spec.scaleTargetRef.name).toBe(Deployment.metadata.name)
  expect(Deployment.spec.minReadySeconds).toBeGreaterThanOrEqual(5)
  const [container] = Deployment.spec.template.spec.containers
  expect(container.envFrom).toEqual([{ configMapRef: { name: ConfigMap.metadata.name } }])
  expect(ConfigMap.data.ENVIRONMENT).toBe(environment)
})

test('the pods may do as little as they need', () => {
  const { Deployment } = rendered('prod')
  const { containers, ...pod } = Deployment.spec.template.spec
  expect(pod).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  })
  expect(containers).toHaveLength(1)
  const [{ securityContext, volumeMounts, resources, ports, ...container }] = containers
  expect(securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  expect(volumeMounts).toEqual([{ name: 'temporary', mountPath: '/tmp' }])
  expect(resources).toMatchObject({ requests: { cpu: '250m', memory: '512Mi' }, limits: { memory: '1Gi' } })
  for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
    expect(container[probe].httpGet).toEqual({ path: '/health', port: ports[0].name })
})

test('an image without a model may start in dev, and nowhere else', () => {
  const allowed = ['dev', 'staging', 'prod'].map((environment) => rendered(environment)['ConfigMap'].data.PLACEHOLDER)
  expect(allowed).toEqual(['allowed', undefined, undefined])
})
