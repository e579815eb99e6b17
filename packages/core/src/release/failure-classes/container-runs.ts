import type { ContainerSpec, ContainerStatus, Pod, Terminated } from '../rollout-shapes.ts'

/** A container of a pod and how its runs ended, as far as its status tells. */
export interface ContainerRuns {
  readonly pod: Pod
  readonly spec: ContainerSpec
  readonly status: ContainerStatus
  /** It must end before the others start. */
  readonly isInit: boolean
  /** How many runs have ended. */
  readonly ended: number
  /** How the last one ended. */
  readonly last?: Terminated
  /** It does what it is for: it is ready, or has ended well when it is one that must end. */
  readonly isGood: boolean
}

const runsOf = (pod: Pod, spec: ContainerSpec, status: ContainerStatus, isInit: boolean): ContainerRuns => {
  const { state = {}, lastState = {}, restartCount = 0 } = status
  const last = state.terminated ?? lastState.terminated
  // While it waits for its next run, the count is still that of the run before.
  const isBetween = state.terminated !== undefined || (state.waiting !== undefined && last !== undefined)
  const hasEndedWell = isInit && state.terminated?.exitCode === 0
  return {
    pod,
    spec,
    status,
    isInit,
    ended: restartCount + (isBetween ? 1 : 0),
    ...(last === undefined ? {} : { last }),
    isGood: hasEndedWell || status.ready === true,
  }
}

/** The containers of a pod that have a status, those that come first before the others. */
export const containersOf = (pod: Pod): readonly ContainerRuns[] => {
  const { spec: { initContainers = [], containers = [] } = {}, status = {} } = pod
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  return [...initContainers, ...containers].flatMap((spec) => {
    const one = statuses.find(({ name }) => name === spec.name)
    // An init container with this policy is a sidecar: it runs beside the others.
    const isInit = initContainers.includes(spec) && spec.restartPolicy !== 'Always'
    return one === undefined ? [] : [runsOf(pod, spec, one, isInit)]
  })
}
