import type { EpochMs } from '../../brand.ts'
import type { PastRun, PastRuns } from '../rollout.ts'
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
  /** How many of them count: none that began before the rollout, unless it goes on as it was. */
  readonly counted: number
  /** How the last one ended. */
  readonly last?: Terminated
  /** It does what it is for: it is ready, or has ended well when it is one that must end. */
  readonly isGood: boolean
}

/** With a cause that is gone, a container is well from its next run on; with one that is not, that run ends like those before. */
const countedOf = (ended: number, past: PastRun | undefined): number => {
  if (past === undefined) return ended
  const since = Math.max(0, ended - past.runs)
  return since > 0 && past.unwell ? ended : since
}

type Bare = Omit<ContainerRuns, 'counted'>

const runsOf = (pod: Pod, spec: ContainerSpec, status: ContainerStatus, isInit: boolean): Bare => {
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

const bareOf = (pod: Pod): readonly Bare[] => {
  const { spec: { initContainers = [], containers = [] } = {}, status = {} } = pod
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  return [...initContainers, ...containers].flatMap((spec) => {
    const one = statuses.find(({ name }) => name === spec.name)
    // An init container with this policy is a sidecar: it runs beside the others.
    const isInit = initContainers.includes(spec) && spec.restartPolicy !== 'Always'
    return one === undefined ? [] : [runsOf(pod, spec, one, isInit)]
  })
}

const keyOf = ({ pod, spec }: Pick<Bare, 'pod' | 'spec'>): string => `${pod.metadata.uid ?? ''}|${spec.name}`

/** The containers of a pod that have a status, those that come first before the others. */
export const containersOf = (pod: Pod, past: PastRuns): readonly ContainerRuns[] =>
  bareOf(pod).map((runs) => ({ ...runs, counted: countedOf(runs.ended, past[keyOf(runs)]) }))

const pastOf = ({ ended, isGood, status }: Bare): PastRun => {
  const isUnwell = !isGood && ended > 0
  // The run that is under way began before, too.
  return { runs: ended + (isUnwell && status.state?.running !== undefined ? 1 : 0), unwell: isUnwell }
}

/** What the containers of pods have been through that are older than a moment. */
export const pastRunsOf = (pods: readonly Pod[], moment: EpochMs): PastRuns =>
  Object.fromEntries(
    pods
      // oxlint-disable-next-line no-restricted-globals -- reads a given time, asks for none
      .filter(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '') < moment)
      .flatMap((pod) => bareOf(pod).map((runs) => [keyOf(runs), pastOf(runs)])),
  )
