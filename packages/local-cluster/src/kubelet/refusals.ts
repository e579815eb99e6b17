import type { Image } from '../image/source.ts'
import { type ContainerSpec, fullName, type Handler, type Pod } from './pod.ts'

const hooks = ({ lifecycle, startupProbe, readinessProbe, livenessProbe }: ContainerSpec): readonly Handler[] =>
  [lifecycle?.preStop, startupProbe, readinessProbe, livenessProbe].filter((one) => one !== undefined)

/** What a pod asks for that this kubelet can't do: it says so instead of running something else. */
const missingFeature = ({ spec: pod }: Pod, spec: ContainerSpec, isInit: boolean): string | undefined => {
  const asked: Readonly<Record<string, boolean>> = {
    hostNetwork: pod.hostNetwork === true,
    activeDeadlineSeconds: pod.activeDeadlineSeconds !== undefined,
    'lifecycle.postStart': spec.lifecycle?.postStart !== undefined,
    'init containers with restartPolicy': isInit && spec.restartPolicy !== undefined,
    'grpc probes': hooks(spec).some(({ grpc }) => grpc !== undefined),
  }
  return Object.keys(asked).find((name) => asked[name])
}

/** Why the real kubelet would not create a container of a user who must not be root. */
const rootFault = (pod: Pod, spec: ContainerSpec, { config }: Image): string | undefined => {
  const { runAsNonRoot, runAsUser } = { ...pod.spec.securityContext, ...spec.securityContext }
  if (runAsNonRoot !== true) return undefined
  const which = `(pod: "${fullName(pod)}", container: ${spec.name})`
  if (runAsUser === 0) return `container's runAsUser breaks non-root policy ${which}`
  if (runAsUser !== undefined) return undefined
  const [user = ''] = (config.config?.User ?? '').split(':')
  if (user === '' || user === '0') return `container has runAsNonRoot and image will run as root ${which}`
  if (/^\d+$/.test(user)) return undefined
  return `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root ${which}`
}

/** Why a container is not created as its pod describes it; undefined when it is. */
export const configFault = (pod: Pod, spec: ContainerSpec, isInit: boolean, image: Image): string | undefined => {
  const feature = missingFeature(pod, spec, isInit)
  return feature === undefined ? rootFault(pod, spec, image) : `the process kubelet has no ${feature}`
}
