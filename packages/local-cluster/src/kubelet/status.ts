import { type Condition, type ContainerStatus, type Pod, timestamp } from './pod.ts'

/** How a pod stands, in the parts that a kubelet knows. */
export interface PodState {
  readonly pod: Pod
  readonly podIP: string
  readonly hostIP: string
  readonly startTime: string
  readonly isMounted: boolean
  readonly init: readonly ContainerStatus[]
  readonly containers: readonly ContainerStatus[]
  /** Set when the node put an end to the pod. */
  readonly evicted?: string | undefined
}

const succeeded = ({ state }: ContainerStatus) => state.terminated?.exitCode === 0
const ended = ({ state }: ContainerStatus) => state.terminated !== undefined
const hasRun = ({ state, lastState }: ContainerStatus) =>
  state.running !== undefined || state.terminated !== undefined || lastState.terminated !== undefined

/** Whether containers that have ended stay so. */
const isFinal = ({ spec, metadata }: Pod, statuses: readonly ContainerStatus[]): boolean => {
  const { restartPolicy = 'Always' } = spec
  if (metadata.deletionTimestamp !== undefined || restartPolicy === 'Never') return true
  return restartPolicy === 'OnFailure' && statuses.every(succeeded)
}

/**
 * The phase of a pod.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase
 */
const phaseOf = ({ pod, init, containers, evicted }: PodState): string => {
  if (evicted !== undefined) return 'Failed'
  if (init.some((one) => ended(one) && !succeeded(one)) && isFinal(pod, init)) return 'Failed'
  if (!init.every(succeeded)) return 'Pending'
  if (containers.every(ended) && isFinal(pod, containers)) return containers.every(succeeded) ? 'Succeeded' : 'Failed'
  return containers.some(hasRun) ? 'Running' : 'Pending'
}

const condition = (type: string, holds: boolean, reason: string, message: string | null = null): Condition => ({
  type,
  status: holds ? 'True' : 'False',
  // What was said while it did not hold would stay otherwise: the patch is merged into the condition.
  reason: holds ? null : reason,
  message: holds ? null : message,
})

const names = (statuses: readonly ContainerStatus[]) => statuses.map(({ name }) => name).join(' ')

const conditionsOf = (state: PodState): readonly Condition[] => {
  const { pod, init, containers, isMounted, evicted } = state
  const waiting = init.filter((one) => !succeeded(one))
  const unready = containers.filter(({ ready }) => !ready)
  const isDone = ['Succeeded', 'Failed'].includes(phaseOf(state)) && evicted === undefined
  const reason = isDone ? 'PodCompleted' : 'ContainersNotReady'
  const message = isDone ? null : `containers with unready status: [${names(unready)}]`
  const gates = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) =>
      !pod.status?.conditions?.some(({ type, status }) => type === conditionType && status === 'True'),
  )
  const isReady = unready.length === 0 && evicted === undefined
  return [
    condition('PodReadyToStartContainers', isMounted, 'PodNotReadyToStart'),
    condition(
      'Initialized',
      waiting.length === 0,
      'ContainersNotInitialized',
      `containers with incomplete status: [${names(waiting)}]`,
    ),
    condition('ContainersReady', isReady, reason, message),
    isReady && gates.length > 0
      ? condition('Ready', false, 'ReadinessGatesNotReady', 'the status of pod readiness gates is not all "True"')
      : condition('Ready', isReady, reason, message),
    ...(evicted === undefined
      ? []
      : [{ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message: evicted } as const]),
  ]
}

/** Keeps the time of a condition that stays as it was. */
const timed = (next: readonly Condition[], before: readonly Condition[], now: string): readonly Condition[] =>
  next.map((one) => {
    const same = before.find(({ type, status }) => type === one.type && status === one.status)
    return { ...one, lastTransitionTime: same?.lastTransitionTime ?? now }
  })

/** The status of a pod as it is written to the API; `before` are the conditions that were written last. */
export const statusOf = (state: PodState, before: readonly Condition[]) => {
  const { podIP, hostIP, startTime, init, containers, evicted } = state
  return {
    phase: phaseOf(state),
    ...(evicted !== undefined && { reason: 'Evicted', message: evicted }),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime,
    conditions: timed(conditionsOf(state), before, timestamp(Date.now())),
    containerStatuses: containers,
    ...(init.length > 0 && { initContainerStatuses: init }),
  }
}
