import { describe, expect, test } from '@jest/globals'
import { cautionsOf, type KubernetesObject } from '../../src/index.ts'
import { deploymentOf } from './objects.ts'

const IMAGE = 'acme/model:1'

const budgetOf = (spec: object, name = 'model'): KubernetesObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { matchLabels: { app: 'model' } }, ...spec },
})
const scalerOf = (minReplicas?: number): KubernetesObject => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'model', namespace: 'shop' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'model' }, minReplicas, maxReplicas: 4 },
})
const modelOf = (replicas?: number) => deploymentOf('model', IMAGE, replicas === undefined ? {} : { replicas })

describe('a disruption budget', () => {
  const ROWS: readonly (readonly [
    name: string,
    pods: number | undefined,
    spec: object,
    scaler: KubernetesObject | undefined,
    cautioned: string | undefined,
  ])[] = [
    ['that wants the only pod', 1, { minAvailable: 1 }, undefined, '1'],
    ['that wants one of two', 2, { minAvailable: 1 }, undefined, undefined],
    ['that wants all', 3, { minAvailable: '100%' }, undefined, '3'],
    ['whose share is rounded up to all', 2, { minAvailable: '51%' }, undefined, '2'],
    ['that lets none go', 3, { maxUnavailable: 0 }, undefined, '3'],
    ['that lets a share go, rounded up', 2, { maxUnavailable: '10%' }, undefined, undefined],
    ['that says nothing', 1, {}, undefined, undefined],
    ['that wants the fewest of an autoscaler', 3, { minAvailable: 2 }, scalerOf(2), '2'],
    ['that wants one where an autoscaler says nothing', undefined, { minAvailable: 1 }, scalerOf(), '1'],
    ['that wants fewer than an autoscaler does', undefined, { minAvailable: 1 }, scalerOf(2), undefined],
    ['of something that is off', 0, { minAvailable: 1 }, undefined, undefined],
    ['of other pods', 1, { minAvailable: 1, selector: { matchLabels: { app: 'other' } } }, undefined, undefined],
    ['of all pods', 1, { minAvailable: 1, selector: {} }, undefined, '1'],
    ['of nobody', 1, { minAvailable: 1, selector: undefined }, undefined, undefined],
  ]
  test.each(ROWS)('%s', (_name, pods, spec, scaler, cautioned) => {
    const objects = [modelOf(pods), budgetOf(spec), ...(scaler === undefined ? [] : [scaler])]
    const sentence = `PodDisruptionBudget/model lets none of ${cautioned ?? ''} pods of Deployment/model go: their nodes cannot be drained`
    expect(cautionsOf(objects)).toEqual(cautioned === undefined ? [] : [sentence])
  })

  const SELECTORS: readonly (readonly [name: string, expression: object, meant: boolean])[] = [
    ['one of these', { key: 'app', operator: 'In', values: ['model', 'other'] }, true],
    ['none of these', { key: 'app', operator: 'NotIn', values: ['model'] }, false],
    ['with this label', { key: 'app', operator: 'Exists' }, true],
    ['without this label', { key: 'app', operator: 'DoesNotExist' }, false],
    ['of an operator that is not known', { key: 'app', operator: 'Gt', values: ['1'] }, false],
  ]
  test.each(SELECTORS)('of pods %s', (_name, expression, meant) => {
    const budget = budgetOf({ minAvailable: 1, selector: { matchExpressions: [expression] } })
    expect(cautionsOf([modelOf(1), budget])).toHaveLength(Number(meant))
  })

  test('of another namespace is not of these pods', () => {
    const budget = budgetOf({ minAvailable: 1 })
    expect(cautionsOf([modelOf(1), { ...budget, metadata: { name: 'model', namespace: 'other' } }])).toEqual([])
  })

  test('and another of the same pods', () => {
    const budgets = ['one', 'two'].map((name) => budgetOf({ maxUnavailable: 1 }, name))
    expect(cautionsOf([modelOf(3), ...budgets])).toEqual([
      'Deployment/model has 2 budgets (PodDisruptionBudget/one, PodDisruptionBudget/two): no pod of two is ever evicted',
    ])
  })
})

describe('a workload that a rollout does not reach as a whole', () => {
  const storeOf = (kind: string, updateStrategy: object): KubernetesObject => ({
    ...deploymentOf('store', IMAGE, { updateStrategy }),
    kind,
  })
  const ROWS: readonly (readonly [name: string, kind: string, strategy: object, cautions: readonly string[]])[] = [
    [
      'keeps pods until they are deleted',
      'DaemonSet',
      { type: 'OnDelete' },
      ['DaemonSet/store replaces a pod only when somebody deletes it (OnDelete): until then it runs what it ran'],
    ],
    [
      'keeps its first pods',
      'StatefulSet',
      { type: 'RollingUpdate', rollingUpdate: { partition: 2 } },
      ['StatefulSet/store leaves its first 2 pods as they are (partition 2)'],
    ],
    ['keeps none', 'StatefulSet', { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }, []],
  ]
  test.each(ROWS)('%s', (_name, kind, strategy, cautions) => {
    expect(cautionsOf([storeOf(kind, strategy)])).toEqual(cautions)
  })
})
