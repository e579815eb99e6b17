import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Api, ApiError } from '../src/api.ts'
import { type BackOff, fail, goDuration } from '../src/kubelet/back-off.ts'
import { environmentOf } from '../src/kubelet/environment.ts'
import type { Condition, ContainerSpec, ContainerStatus, Pod, PodSpec } from '../src/kubelet/pod.ts'
import { afterProbe, type ProbeState, UNPROBED } from '../src/kubelet/probe-state.ts'
import { parseQuantity } from '../src/kubelet/quantity.ts'
import { type PodState, statusOf } from '../src/kubelet/status.ts'
import { expand } from '../src/kubelet/variables.ts'

describe('back-off', () => {
  const waits = (times: number, baseMs: number, ranMs = 0): readonly number[] => {
    let backOff: BackOff = { nextMs: 0 }
    return Array.from({ length: times }, () => {
      const failure = fail(backOff, baseMs, ranMs)
      backOff = failure.backOff
      return failure.waitMs
    })
  }

  test('begins at once, then doubles up to five minutes', () => {
    expect(waits(5, 10_000)).toEqual([0, 10_000, 20_000, 40_000, 80_000])
    expect(waits(12, 10_000).at(-1)).toBe(300_000)
  })

  test('never waits longer than five minutes, nor shorter than before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300_000 }), (base) => {
        const all = waits(30, base)
        return all.every((wait, index) => wait <= 300_000 && wait >= (all[index - 1] ?? 0))
      }),
    )
  })

  test('forgets after ten good minutes', () => {
    expect(waits(4, 1000, 600_000)).toEqual([0, 0, 0, 0])
  })

  test.each([
    [1000, '1s'],
    [500, '500ms'],
    [1500, '1.5s'],
    [80_000, '1m20s'],
    [300_000, '5m0s'],
  ])('%i ms is written %s', (ms, text) => expect(goDuration(ms)).toBe(text))
})

describe('a probe', () => {
  const verdicts = (results: readonly boolean[], probe: object) => {
    let state: ProbeState = UNPROBED
    return results.map((result) => {
      const step = afterProbe(state, probe, result)
      state = step.state
      return step.verdict ?? '-'
    })
  }

  test('fails three times before it counts, and succeeds at once', () => {
    expect(verdicts([false, false, false, false, true], {})).toEqual(['-', '-', 'unhealthy', 'unhealthy', 'healthy'])
  })

  test('counts only what comes in a row', () => {
    expect(verdicts([false, false, true, false, false], {})).toEqual(['-', '-', 'healthy', '-', '-'])
    expect(verdicts([true, false, true, true], { successThreshold: 2 })).toEqual(['-', '-', '-', 'healthy'])
  })
})

describe('a quantity', () => {
  test.each([
    ['250m', 0.25],
    ['1', 1],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['100Mi', 100 * 2 ** 20],
    ['2k', 2000],
    ['1e3', 1000],
  ])('%s', (text, number) => expect(parseQuantity(text)).toBeCloseTo(number, 9))
  test.each(['', 'x', '1Q', '--1'])('%p is none', (text) => expect(parseQuantity(text)).toBeNaN())
})

describe('$(NAME)', () => {
  test.each([
    ['a $(A) b', 'a 1 b'],
    ['$(A)$(B)', '12'],
    ['$$(A)', '$(A)'],
    ['$(NONE)', '$(NONE)'],
    ['$(A', '$(A'],
    ['$', '$'],
    ['$(toString)', '$(toString)'],
  ])('%p becomes %p', (from, to) => expect(expand(from, { A: '1', B: '2' })).toBe(to))

  test('text without a dollar sign stays as it is', () => {
    fc.assert(fc.property(fc.string(), (text) => text.includes('$') || expand(text, { A: '1' }) === text))
  })
})

const podOf = (spec: Partial<PodSpec> = {}): Pod => ({
  metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { app: 'x' } },
  spec: { containers: [], serviceAccountName: 'runner', ...spec },
})

describe('the environment of a container', () => {
  const objects: Readonly<Record<string, object>> = {
    '/api/v1/namespaces/n/configmaps/plain': { data: { A: '1', B: '2' } },
    '/api/v1/namespaces/n/secrets/hidden': { data: { WORD: Buffer.from('sesame').toString('base64') } },
  }
  const get = async <T>(path: string): Promise<T> => {
    const found = objects[path]
    if (found === undefined) throw new ApiError(404, 'NotFound', path)
    return found as T
  }
  const place = { node: 'local', hostIP: '10.0.0.1', podIP: '10.244.0.2', allocatable: { cpu: '8', memory: '16Gi' } }
  const of = (container: Partial<ContainerSpec>) =>
    environmentOf({ api: { get } as Api, pod: podOf(), place }, { name: 'c', image: 'i', ...container })
  const from = (valueFrom: object) => of({ env: [{ name: 'X', valueFrom }] })

  test('comes from texts, whole objects, single keys, the pod and its resources', async () => {
    const env = [
      { name: 'FIRST', value: 'one' },
      { name: 'SECOND', value: '$(FIRST) and $(Q_A)' },
      { name: 'WORD', valueFrom: { secretKeyRef: { name: 'hidden', key: 'WORD' } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
      { name: 'GONE', valueFrom: { configMapKeyRef: { name: 'nothing', key: 'x', optional: true } } },
    ]
    const envFrom = [{ prefix: 'Q_', configMapRef: { name: 'plain' } }, { secretRef: { name: 'no', optional: true } }]
    expect(await of({ env, envFrom, resources: { limits: { cpu: '1500m' } } })).toEqual({
      ...{ Q_A: '1', Q_B: '2', FIRST: 'one', SECOND: 'one and 1', WORD: 'sesame' },
      ...{ IP: '10.244.0.2', APP: 'x', CPU: '2', MEMORY: '16384' },
    })
  })

  test('is refused in the real kubelet’s words', async () => {
    await expect(from({ configMapKeyRef: { name: 'no', key: 'x' } })).rejects.toThrow('configmap "no" not found')
    await expect(from({ secretKeyRef: { name: 'hidden', key: 'x' } })).rejects.toThrow(
      "couldn't find key x in Secret n/hidden",
    )
    await expect(of({ envFrom: [{ secretRef: { name: 'no' } }] })).rejects.toThrow('secret "no" not found')
    await expect(from({ fieldRef: { fieldPath: 'spec.no' } })).rejects.toThrow('unsupported fieldPath: spec.no')
  })
})

describe('the status of a pod', () => {
  const waiting = { waiting: { reason: 'ContainerCreating' } }
  const running = { running: { startedAt: 't' } }
  const done = (exitCode: number) => ({
    terminated: { exitCode, reason: 'r', startedAt: 't', finishedAt: 't', containerID: 'c' },
  })
  const status = (state: ContainerStatus['state'], more: Partial<ContainerStatus> = {}): ContainerStatus => ({
    ...{ name: 'c', image: 'i', imageID: '', ready: false, started: false, restartCount: 0, state, lastState: {} },
    ...more,
  })
  const of = (state: Partial<PodState>, before: readonly Condition[] = []) =>
    statusOf(
      {
        ...{ pod: podOf(), podIP: '10.244.0.2', hostIP: 'h', startTime: 't', isMounted: true, init: [] },
        containers: [status(running, { ready: true })],
        ...state,
      },
      before,
    )
  const conditionOf = (state: Partial<PodState>, type: string) => of(state).conditions.find((one) => one.type === type)

  test.each([
    ['Pending', {}, [], [waiting]],
    ['Pending', {}, [running], [waiting]],
    ['Running', {}, [done(0)], [running]],
    ['Running', {}, [], [done(1)]],
    ['Failed', { restartPolicy: 'Never' }, [done(1)], [waiting]],
    ['Pending', {}, [done(1)], [waiting]],
    ['Succeeded', { restartPolicy: 'Never' }, [], [done(0), done(0)]],
    ['Failed', { restartPolicy: 'Never' }, [], [done(0), done(1)]],
    ['Running', { restartPolicy: 'OnFailure' }, [], [done(0), done(1)]],
    ['Succeeded', { restartPolicy: 'OnFailure' }, [], [done(0)]],
  ] as const)('is %s', (phase, spec, init, containers) => {
    const state = { init: init.map((one) => status(one)), containers: containers.map((one) => status(one)) }
    expect(of({ pod: podOf(spec), ...state }).phase).toBe(phase)
  })

  test('names who is not ready, and waits for the gates of others', () => {
    expect(conditionOf({ containers: [status(running)] }, 'Ready')).toMatchObject({
      ...{ status: 'False', reason: 'ContainersNotReady', message: 'containers with unready status: [c]' },
    })
    const gated = podOf({ readinessGates: [{ conditionType: 'example.com/gate' }] })
    expect(conditionOf({ pod: gated }, 'Ready')).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady' })
    expect(conditionOf({ pod: gated }, 'ContainersReady')?.status).toBe('True')
    const open = { ...gated, status: { conditions: [{ type: 'example.com/gate', status: 'True' as const }] } }
    expect(conditionOf({ pod: open }, 'Ready')?.status).toBe('True')
  })

  test('keeps the time of what did not change', () => {
    const before = [{ type: 'Ready', status: 'True' as const, lastTransitionTime: 'long ago' }]
    expect(of({}, before).conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime).toBe('long ago')
    const changed = of({ containers: [status(running)] }, before).conditions.find(({ type }) => type === 'Ready')
    expect(changed?.lastTransitionTime).not.toBe('long ago')
  })

  test('of an evicted pod says so', () => {
    const evicted = 'The node was low on resource: memory. '
    expect(of({ evicted })).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: evicted })
    expect(conditionOf({ evicted }, 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'TerminationByKubelet',
    })
  })
})
