import { describe, expect, test } from '@jest/globals'
import type { Diagnosis, FailureClass, Observation, RolloutState } from '../../src/index.ts'
import {
  classesOf,
  type Container,
  crashed,
  eventsNow,
  expectedOf,
  followedThrough,
  IMAGE,
  nodeNow,
  nothing,
  type Now,
  NAMESPACE,
  type PodNow,
  reference,
  running,
  seen,
  started,
  TIMEOUT_MS,
  waiting,
} from './cluster-now.ts'

const pull = (why: string) =>
  waiting(
    'ImagePullBackOff',
    `Back-off pulling image "${IMAGE}": ErrImagePull: rpc error: code = Unknown desc = failed to pull and unpack image "${IMAGE}": failed to resolve reference "${IMAGE}": ${why}`,
  )

const replicaFailure = (message: string): Now => ({
  replicas: 1,
  pods: [],
  maker: { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }] },
})

const unscheduled = (message: string): PodNow => ({
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
  container: { resources: { requests: { cpu: '4', memory: '1Gi' } }, status: { state: {} } },
})

const podsWith = (container: Container, count = 2): Now => ({
  pods: Array.from({ length: count }, (): PodNow => ({ container })),
})

interface Case {
  readonly name: string
  readonly now: Observation
  readonly failureClass: FailureClass
  /** When it is a failure, and not a millisecond earlier; null: not before the deadline. */
  readonly afterMs: number | null
  /** What the sentence names. */
  readonly tells: readonly string[]
  readonly from?: RolloutState
}

const TAKES =
  '0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available.'
const QUOTA =
  'pods "model-578b64d6c7-x" is forbidden: exceeded quota: compute, requested: limits.cpu=2,pods=1, used: limits.cpu=3,pods=4, limited: limits.cpu=4,pods=4'
const WAIT = 'does not exist or may require authorization'

const CASES: readonly Case[] = [
  {
    name: 'an image that is not there, at one pod of three',
    now: seen({ pods: [{ container: pull(`${IMAGE}: not found`) }, { container: running() }, {}] }),
    failureClass: 'image-not-found',
    afterMs: 0,
    tells: [IMAGE, 'model-578b64d6c7-0'],
  },
  {
    name: 'a repository that is not there, as ECR says it',
    now: seen(
      podsWith(pull("name unknown: The repository with name 'model' does not exist in the registry with id '1'")),
    ),
    failureClass: 'image-not-found',
    afterMs: 0,
    tells: [IMAGE],
  },
  {
    name: 'a pull that is refused, at all pods',
    now: seen(podsWith(pull(`pull access denied, repository ${WAIT}: no basic auth credentials`))),
    failureClass: 'image-auth',
    afterMs: 30_000,
    tells: ['refuses', IMAGE],
  },
  {
    name: 'a pull that was refused twice',
    now: seen(podsWith(pull('unexpected status from HEAD request to https://registry.test/v2/: 403 Forbidden'), 1), {
      events: eventsNow([{ reason: 'Failed', message: `Failed to pull image "${IMAGE}": 403 Forbidden`, count: 2 }]),
    }),
    failureClass: 'image-auth',
    afterMs: 0,
    tells: ['refuses'],
  },
  {
    name: 'an image for another machine',
    now: seen(podsWith(pull('no match for platform in manifest: not found'))),
    failureClass: 'image-arch',
    afterMs: 0,
    tells: ['not built for'],
  },
  {
    name: 'a program for another machine',
    now: seen(podsWith(crashed(1, 128, 'StartError', 'exec /app/server: exec format error'))),
    failureClass: 'image-arch',
    afterMs: 0,
    tells: ['not built for'],
  },
  {
    name: 'a name that is none',
    now: seen(
      podsWith(waiting('InvalidImageName', 'Failed to apply default image tag "A b": invalid reference format')),
    ),
    failureClass: 'image-name',
    afterMs: 0,
    tells: [IMAGE],
  },
  {
    name: 'another image than the one that was deployed',
    now: seen({
      pods: [
        {
          ready: true,
          container: {
            image: 'mirror.test/model:latest',
            status: { ready: true, imageID: `mirror.test/model@sha256:${'b'.repeat(64)}` },
          },
        },
      ],
    }),
    failureClass: 'image-mismatch',
    afterMs: 0,
    tells: [`sha256:${'b'.repeat(64)}`, `sha256:${'a'.repeat(64)}`],
  },
  {
    name: 'containers that ended three times',
    now: seen(podsWith(crashed(3, 127))),
    failureClass: 'crash-loop',
    afterMs: 0,
    tells: ['3 times', 'exit code 127', 'not found in the image', '1 more'],
  },
  {
    name: 'containers that ended twice so far',
    now: seen(podsWith(crashed(2))),
    failureClass: 'crash-loop',
    afterMs: null,
    tells: ['2 times', 'exit code 1'],
  },
  {
    name: 'too much memory, twice',
    now: seen(
      podsWith({
        ...crashed(2, 137, 'OOMKilled'),
        resources: { limits: { memory: '512Mi' }, requests: { memory: '256Mi' } },
      }),
    ),
    failureClass: 'oom-killed',
    afterMs: 0,
    tells: ['2 times', '512Mi', '256Mi'],
  },
  {
    name: 'a container that does not start',
    now: seen(podsWith(crashed(2, 128, 'StartError', 'exec: "/app/absent": no such file or directory'))),
    failureClass: 'start-error',
    afterMs: 0,
    tells: ['container model', 'cannot be started'],
  },
  {
    name: 'a container that did not start once',
    now: seen(podsWith(crashed(1, 128, 'StartError'))),
    failureClass: 'start-error',
    afterMs: null,
    tells: ['cannot be started'],
  },
  {
    name: 'a container that the node refuses to create',
    now: seen(podsWith(waiting('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root'))),
    failureClass: 'start-error',
    afterMs: 10_000,
    tells: ['refuses to create container model'],
  },
  {
    name: 'an init container that fails',
    now: seen({ pods: [{ init: { name: 'migrate', ...crashed(3, 7) } }] }),
    failureClass: 'init-failed',
    afterMs: 0,
    tells: ['init container migrate', 'exit code 7'],
  },
  {
    name: 'a key that is not there',
    now: seen(podsWith(waiting('CreateContainerConfigError', "couldn't find key colour in ConfigMap shop/paint"))),
    failureClass: 'config-missing',
    afterMs: 10_000,
    tells: ['key colour of ConfigMap paint'],
  },
  {
    name: 'a Secret that is not there',
    now: seen(podsWith(waiting('CreateContainerConfigError', 'secret "vault" not found'))),
    failureClass: 'config-missing',
    afterMs: 10_000,
    tells: ['Secret vault'],
  },
  {
    name: 'a ConfigMap of a volume that is not there',
    now: seen(podsWith({}), {
      events: eventsNow([
        { reason: 'FailedMount', message: 'MountVolume.SetUp failed for volume "v" : configmap "paint" not found' },
      ]),
    }),
    failureClass: 'config-missing',
    afterMs: 30_000,
    tells: ['ConfigMap paint'],
  },
  {
    name: 'a volume that cannot be attached',
    now: seen(podsWith({}), {
      events: eventsNow([
        { reason: 'FailedAttachVolume', message: 'AttachVolume.Attach failed for volume "pvc-1" : still attached' },
      ]),
    }),
    failureClass: 'mount-failed',
    afterMs: null,
    tells: ['volume pvc-1'],
  },
  {
    name: 'no room on any node',
    now: seen({ pods: [unscheduled(TAKES)] }),
    failureClass: 'unschedulable',
    afterMs: 60_000,
    tells: ['0/2 nodes are available: 2 Insufficient cpu (it asks for cpu 4, the largest node has 1.93 in all)'],
  },
  {
    name: 'no room, and the autoscaler cannot help',
    now: seen(
      { pods: [unscheduled(TAKES)] },
      {
        events: eventsNow([
          { reason: 'NotTriggerScaleUp', message: "pod didn't trigger scale-up: 1 max size reached" },
        ]),
      },
    ),
    failureClass: 'unschedulable',
    afterMs: 30_000,
    tells: ['Insufficient cpu'],
  },
  {
    name: 'no room, while the autoscaler brings a node',
    now: seen(
      { pods: [unscheduled(TAKES)] },
      {
        events: eventsNow([{ reason: 'TriggeredScaleUp', message: 'pod triggered scale-up: [{group 1->2 (max: 5)}]' }]),
      },
    ),
    failureClass: 'unschedulable',
    afterMs: 300_000,
    tells: ['Insufficient cpu'],
  },
  {
    name: 'a claim that is not bound',
    now: seen({ pods: [unscheduled('0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.')] }),
    failureClass: 'pvc-unbound',
    afterMs: 60_000,
    tells: ['not bound'],
  },
  {
    name: 'a quota that is used up',
    now: seen(replicaFailure(QUOTA)),
    failureClass: 'quota-exceeded',
    afterMs: 10_000,
    tells: ['limits.cpu wanted 2, used 3 of 4', 'pods wanted 1, used 4 of 4'],
  },
  {
    name: 'a limit range',
    now: seen(replicaFailure('pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 4Gi')),
    failureClass: 'quota-exceeded',
    afterMs: 10_000,
    tells: ['maximum memory usage per Container is 1Gi'],
  },
  {
    name: 'a webhook that says no',
    now: seen(replicaFailure('admission webhook "policy.test" denied the request: no latest tags')),
    failureClass: 'admission-denied',
    afterMs: 0,
    tells: ['policy.test', 'no latest tags'],
  },
  {
    name: 'a service account that is not there',
    now: seen(
      replicaFailure(
        'pods "x-" is forbidden: error looking up service account shop/runner: serviceaccount "runner" not found',
      ),
    ),
    failureClass: 'admission-denied',
    afterMs: 10_000,
    tells: ['runner'],
  },
  {
    name: 'a webhook that does not answer',
    now: seen(
      replicaFailure('Internal error occurred: failed calling webhook "policy.test": context deadline exceeded'),
    ),
    failureClass: 'admission-unavailable',
    afterMs: 30_000,
    tells: ['policy.test'],
  },
  {
    name: 'pods that are not valid',
    now: seen(replicaFailure('Pod "x" is invalid: spec.containers[0].ports[0].name: Invalid value')),
    failureClass: 'invalid-object',
    afterMs: 10_000,
    tells: ['spec.containers[0].ports[0].name'],
  },
  {
    name: 'a quota that keeps a StatefulSet from its pods',
    now: seen(
      { kind: 'StatefulSet', replicas: 1, pods: [] },
      {
        events: eventsNow([
          { of: 'model', reason: 'FailedCreate', message: `create Pod model-0 failed error: ${QUOTA}` },
        ]),
      },
    ),
    failureClass: 'quota-exceeded',
    afterMs: 10_000,
    tells: ['StatefulSet/model', 'pods wanted 1'],
    from: started({ expected: [expectedOf('StatefulSet')] }),
  },
  {
    name: 'a liveness probe that has killed twice',
    now: seen(
      podsWith(
        { ...crashed(2, 143), probes: { livenessProbe: { httpGet: { path: '/live', port: 81 }, periodSeconds: 5 } } },
        1,
      ),
      {
        events: eventsNow([{ reason: 'Killing', message: 'Container model failed liveness probe, will be restarted' }]),
      },
    ),
    failureClass: 'probe-killed',
    afterMs: 0,
    tells: ['killed 2 times', 'liveness', 'GET /live on port 81'],
  },
  {
    name: 'a readiness probe that does not pass',
    now: seen(podsWith(running()), {
      events: eventsNow([
        { reason: 'Unhealthy', message: 'Readiness probe failed: HTTP probe failed with statuscode: 503' },
      ]),
    }),
    failureClass: 'probe-not-ready',
    afterMs: null,
    tells: ['GET /health on port http', 'statuscode: 503'],
  },
  {
    name: 'a readiness gate that nobody opens',
    now: seen({
      pods: [
        {
          phase: 'Running',
          container: { status: { ready: true, state: { running: {} } } },
          spec: { readinessGates: [{ conditionType: 'target-health.elbv2.k8s.aws/model' }] },
          conditions: [{ type: 'ContainersReady', status: 'True' }],
        },
      ],
    }),
    failureClass: 'probe-not-ready',
    afterMs: null,
    tells: ['target-health.elbv2.k8s.aws/model'],
  },
  {
    name: 'pulls that are throttled, at the deadline',
    now: seen(podsWith(pull('429 Too Many Requests: toomanyrequests: denied: not found'))),
    failureClass: 'timeout',
    afterMs: null,
    tells: ['cannot be pulled', '900 s'],
  },
  {
    name: 'a registry that is down, for an image that is called not-found',
    now: seen(podsWith(waiting('ErrImagePull', `failed to do request: Head ${IMAGE}: dial tcp: i/o timeout`))),
    failureClass: 'timeout',
    afterMs: null,
    tells: ['cannot be pulled'],
  },
  {
    name: 'nothing to be seen at all',
    now: seen({ pods: [{}] }),
    failureClass: 'timeout',
    afterMs: null,
    tells: ['0 of 1 pod available', '900 s'],
  },
  {
    name: 'a rollout that somebody paused',
    now: seen({ pods: [{}], spec: { paused: true } }),
    failureClass: 'rollout-paused',
    afterMs: 0,
    tells: ['paused'],
  },
  {
    name: 'another template than ours',
    now: seen({
      pods: [{ ready: true }],
      metadata: { generation: 3, managedFields: [{ manager: 'kubectl-edit', time: '2026-11-26T01:00:07Z' }] },
      spec: { template: { spec: { containers: [{ name: 'model', image: 'other' }] } } },
      status: { observedGeneration: 3 },
    }),
    failureClass: 'superseded',
    afterMs: 0,
    tells: ['generation 2 is ours, 3 is there'],
  },
  {
    name: 'another workload of the name',
    now: seen({ pods: [], metadata: { uid: 'uid-other' } }),
    failureClass: 'superseded',
    afterMs: 0,
    tells: ['another of its name'],
  },
  {
    name: 'a workload that is gone',
    now: nothing,
    failureClass: 'superseded',
    afterMs: 2000,
    tells: ['deleted'],
  },
  {
    name: 'a namespace that is being deleted',
    now: seen(
      { pods: [{}] },
      {
        namespaces: [
          {
            apiVersion: 'v1',
            kind: 'Namespace',
            metadata: { name: NAMESPACE, deletionTimestamp: '2026-11-26T01:00:07Z' },
          },
        ],
      },
    ),
    failureClass: 'namespace-gone',
    afterMs: 0,
    tells: ['namespace shop is being deleted'],
  },
  {
    name: 'a Job that has given up',
    now: seen({
      kind: 'Job',
      pods: [{ phase: 'Failed', container: { status: { state: { terminated: { exitCode: 4, reason: 'Error' } } } } }],
      conditions: [
        { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'Job has reached the limit' },
      ],
    }),
    failureClass: 'job-failed',
    afterMs: 0,
    tells: ['BackoffLimitExceeded', 'exit code 4'],
    from: started({ expected: [expectedOf('Job')] }),
  },
  {
    name: 'an autoscaler that cannot scale',
    now: seen(
      { pods: [{ container: running() }] },
      {
        autoscalers: [
          {
            apiVersion: 'autoscaling/v2',
            kind: 'HorizontalPodAutoscaler',
            metadata: { name: 'model', namespace: NAMESPACE },
            spec: { scaleTargetRef: { kind: 'Deployment', name: 'modell' } },
            status: {
              conditions: [{ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message: 'not found' }],
            },
          },
        ],
      },
    ),
    failureClass: 'hpa-failed',
    afterMs: 180_000,
    tells: ['HorizontalPodAutoscaler/model', 'Deployment/modell', 'FailedGetScale'],
    from: started({ objects: [{ ...reference('HorizontalPodAutoscaler'), apiVersion: 'autoscaling/v2' }] }),
  },
  {
    name: 'a Service that chooses no pod',
    now: seen(
      { pods: [{ ready: true }] },
      {
        services: [
          {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: 'model', namespace: NAMESPACE },
            spec: { selector: { app: 'modell' }, ports: [{ port: 80 }] },
          },
        ],
      },
    ),
    failureClass: 'no-endpoints',
    afterMs: 30_000,
    tells: ['Service/model', 'app=modell'],
    from: started({ objects: [reference('Service')] }),
  },
  {
    name: 'nodes that are not ready, when pods fail',
    now: seen(podsWith(crashed(3)), { nodes: [nodeNow('node-1', false), nodeNow('node-2')] }),
    failureClass: 'environment',
    // A pod whose node is lost is moved, and that it ended there says nothing.
    afterMs: 0,
    tells: ['1 of 2 nodes', 'node-1'],
  },
  {
    name: 'old pods that fare no better',
    now: seen({ replicas: 1, pods: [{ container: crashed(3) }, { old: true }, { old: true, ready: true }] }),
    failureClass: 'environment',
    afterMs: 0,
    tells: ['1 of 2 pods of the revision before'],
  },
]

const firstOf = (classes: ReturnType<typeof followedThrough>): Diagnosis => {
  if (classes.verdict.kind !== 'failed') throw new Error(`it is ${classes.verdict.kind}`)
  return classes.verdict.diagnoses[0]
}

describe('a failure is named as soon as it is plain, and not before', () => {
  test.each(CASES)('$name', ({ now, failureClass, afterMs, tells, from = started() }) => {
    const due = afterMs ?? TIMEOUT_MS
    if (due > 0) {
      const before = followedThrough(
        [
          [0, now],
          [due - 1, now],
        ],
        from,
      )
      expect(classesOf(before)).toEqual([])
      expect(before.verdict.kind).toBe('progressing')
      // Whoever waits is told to look again in time.
      expect(before.again).toBe(1_000_000 + due)
    }
    const found = firstOf(
      followedThrough(
        [
          [0, now],
          [due, now],
        ],
        from,
      ),
    )
    expect(found.failureClass).toBe(failureClass)
    for (const part of tells) expect(found.sentence).toContain(part)
    expect(found.sentence).toMatch(/^[^\n]{10,520}\.$/)
    expect(found.advice).toMatch(/\.$/)
  })
})
