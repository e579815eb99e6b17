import { type Finding, eventSightings, newestFirst, sightingOf, timesOf } from './finding.ts'
import { type ContainerRuns, containersOf } from './container-runs.ts'
import { referenceOf } from '../kubernetes-object.ts'
import { isReady, type Scene } from '../rollout-scene.ts'
import type { ClusterEvent } from '../rollout-shapes.ts'

type PullSign = 'image-not-found' | 'image-auth' | 'image-arch' | 'image-name' | 'image-transient'

// How runtimes and registries say why an image was not pulled. The first that matches counts: a registry that throttles may
// say `denied` in the same breath, and one that hides repositories says `does not exist or may require authorization`.
// https://github.com/containerd/containerd/blob/main/core/remotes/docker/errcode.go
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
const PULL_FAULTS: readonly (readonly [RegExp, PullSign])[] = [
  [/toomanyrequests|too many requests|\b429\b|rate exceeded|pull rate limit|QPS exceeded/i, 'image-transient'],
  [/no match for platform|no matching manifest|does not match the specified platform|exec format/i, 'image-arch'],
  [
    /\b40[13]\b|unauthorized|no basic auth|access denied|denied:|not authorized|authorization failed|insufficient_scope/i,
    'image-auth',
  ],
  [/not found|manifest unknown|name unknown|does not exist|\b404\b/i, 'image-not-found'],
]

const PULLING = new Set(['ErrImagePull', 'ImagePullBackOff'])

/** What a message says without names that somebody chose: an image may be called `not-found`. */
const withoutNames = (message: string, image: string): string =>
  message
    .replaceAll(image, '')
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/https?:\/\/\S+/g, '')

const pullFailures = ({ spec }: ContainerRuns, events: readonly ClusterEvent[]) =>
  newestFirst(events).filter(
    ({ reason, message = '' }) => reason === 'Failed' && message.startsWith(`Failed to pull image "${spec.image}"`),
  )

/** The registry's own words: older kubelets keep them from the status while they wait, but not from the event. */
const pullWords = (waiting: string, failures: readonly ClusterEvent[]): string =>
  /ErrImagePull: |rpc error|code = /.test(waiting) ? waiting : `${waiting} ${failures[0]?.message ?? ''}`

const signOfPull = (words: string, image: string): PullSign =>
  PULL_FAULTS.find(([pattern]) => pattern.test(withoutNames(words, image)))?.[1] ?? 'image-transient'

const WORDINGS: Readonly<Record<PullSign, (image: string, pod: string) => Pick<Finding, 'what' | 'advice'>>> = {
  'image-not-found': (image, pod) => ({
    what: `image ${image} does not exist, so pod ${pod} cannot start`,
    advice:
      'Push the image, or name one that is there; a lifecycle rule of the registry may have deleted it since it was built.',
  }),
  'image-auth': (image, pod) => ({
    what: `the registry refuses to give image ${image} to the node of pod ${pod}`,
    advice:
      "Let the node's role pull from this repository (ECR: ecr:BatchGetImage, and a repository policy for other accounts), " +
      'or check the imagePullSecrets of the pod; some registries answer the same for a repository that is not there.',
  }),
  'image-arch': (image, pod) => ({
    what: `image ${image} is not built for the kind of machine that pod ${pod} is on`,
    advice: "Build it for the nodes' architecture, or choose nodes by kubernetes.io/arch.",
  }),
  'image-name': (image, pod) => ({
    what: `${image} is no image that the node of pod ${pod} can use`,
    advice: 'Correct the name of the image, or the imagePullPolicy Never of an image that is not on the node.',
  }),
  'image-transient': (image, pod) => ({
    what: `image ${image} cannot be pulled for pod ${pod} at the moment`,
    advice: 'The registry or the network is in trouble: look at the events, and deploy again when it is over.',
  }),
}

const pullFinding = (scene: Scene, runs: ContainerRuns): readonly Finding[] => {
  const { pod, spec, status } = runs
  const { reason = '', message = '' } = status.state?.waiting ?? {}
  const isName = reason === 'InvalidImageName' || reason === 'ErrImageNeverPull'
  if (!isName && !PULLING.has(reason)) return []
  const { image = '' } = spec
  const failures = pullFailures(runs, scene.eventsOf(pod))
  const words = pullWords(message, failures)
  const kind = isName ? 'image-name' : signOfPull(words, image)
  const pulls = failures.reduce((sum, event) => sum + timesOf(event), 0)
  return [
    {
      sign: kind === 'image-auth' && pulls > 1 ? 'image-auth-again' : kind,
      object: scene.expected.reference,
      pod,
      ...WORDINGS[kind](image, pod.metadata.name),
      sightings: [sightingOf(referenceOf(pod), reason, message), ...eventSightings(failures)],
    },
  ]
}

const ARCH = /exec format error/i

const archFinding = (scene: Scene, { pod, spec, status, last, counted }: ContainerRuns): readonly Finding[] => {
  const said = [status.state?.waiting, counted > 0 ? last : undefined].find((one) => ARCH.test(one?.message ?? ''))
  if (said === undefined) return []
  return [
    {
      sign: 'image-arch',
      object: scene.expected.reference,
      pod,
      ...WORDINGS['image-arch'](spec.image ?? '', pod.metadata.name),
      sightings: [sightingOf(referenceOf(pod), said.reason, said.message)],
    },
  ]
}

const DIGEST = /@(sha256:[0-9a-f]{64})$/
const digestIn = (text = ''): string | undefined => DIGEST.exec(text)?.[1]

/**
 * A ready container whose image is not the one that was deployed. What is pinned in the pod itself was checked by the runtime
 * that pulled it; its imageID may then be another digest of the same content (that of the index around a manifest, or the one
 * under which the node had it already).
 */
const mismatches = (scene: Scene, { pod, spec, status }: ContainerRuns): readonly Finding[] => {
  const expected = scene.expected.digests[spec.name]
  const runs = digestIn(status.imageID)
  if (expected === undefined || runs === undefined || status.ready !== true) return []
  if (runs === expected || digestIn(spec.image) === expected) return []
  return [
    {
      sign: 'image-mismatch',
      object: scene.expected.reference,
      pod,
      what: `container ${spec.name} of pod ${pod.metadata.name} runs ${runs}, but ${expected} was deployed`,
      advice:
        'Something rewrites images between the release and its pods, most likely a mutating webhook: let it keep digests.',
      sightings: [sightingOf(referenceOf(pod), 'imageID', status.imageID)],
    },
  ]
}

/** Signs that the image is not there, not to be had, of another kind, or another one. */
export const imageFindings = (scene: Scene): readonly Finding[] =>
  scene.mine.flatMap((pod) =>
    containersOf(pod, scene.past).flatMap((runs) => [
      ...pullFinding(scene, runs),
      ...(isReady(pod) ? [] : archFinding(scene, runs)),
      ...mismatches(scene, runs),
    ]),
  )
