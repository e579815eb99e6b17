import { setTimeout as sleepFor } from 'node:timers/promises'
import type { Image } from '../image/source.ts'
import { type BackOff, fail, goDuration } from './back-off.ts'
import type { EventType } from './events.ts'
import { checkReference, ImageError, type ImageStore } from './image-store.ts'
import type { ContainerSpec } from './pod.ts'

export interface Obtaining {
  readonly node: { readonly images: ImageStore; readonly backOffMs: number }
  readonly spec: ContainerSpec
  readonly tell: (type: EventType, reason: string, message: string) => void
  /** Puts the container into a waiting state. */
  readonly wait: (reason: string, message: string) => void
  readonly stopped: AbortSignal
}

const FAILED_BY = { ErrImagePull: 'Failed', InvalidImageName: 'InspectFailed', ErrImageNeverPull: 'ErrImageNeverPull' }

/** Tells why there is no image, and waits before the next try. */
const sayWhy = async ({ reason, message }: ImageError, waitMs: number, { spec, tell, wait, stopped }: Obtaining) => {
  const sleep = (ms: number) => sleepFor(ms, undefined, { signal: stopped }).catch(() => undefined)
  const isPull = reason === 'ErrImagePull'
  tell('Warning', FAILED_BY[reason], isPull ? `Failed to pull image "${spec.image}": ${message}` : message)
  tell('Warning', 'Failed', `Error: ${reason}`)
  wait(reason, message)
  if (!isPull) return sleep(waitMs)
  // Both states are seen in a real pod, the second one for most of the time.
  await sleep(waitMs / 5)
  if (stopped.aborted) return
  const backingOff = `Back-off pulling image "${spec.image}"`
  tell('Normal', 'BackOff', backingOff)
  tell('Warning', 'Failed', 'Error: ImagePullBackOff')
  wait('ImagePullBackOff', `${backingOff}: ${reason}: ${message}`)
  await sleep((waitMs * 4) / 5)
}

/** Pulls the image now. Throws ImageError. */
const pull = async ({ node, spec: { image: reference, imagePullPolicy }, tell }: Obtaining): Promise<Image> => {
  checkReference(reference)
  if (imagePullPolicy === 'Never') {
    const why = `Container image "${reference}" is not present with pull policy of Never`
    throw new ImageError('ErrImageNeverPull', why)
  }
  tell('Normal', 'Pulling', `Pulling image "${reference}"`)
  const from = performance.now()
  const image = await node.images.pull(reference)
  const took = goDuration(performance.now() - from)
  const pulled = `Successfully pulled image "${reference}" in ${took} (${took} including waiting)`
  tell('Normal', 'Pulled', `${pulled}. Image size: ${image.bytes} bytes.`)
  return image
}

/** The image of a container, as its policy says; tries until there is one, or gives undefined when it is stopped. */
export const obtainImage = async (obtaining: Obtaining): Promise<Image | undefined> => {
  const { node, spec, tell, stopped } = obtaining
  let backOff: BackOff = { nextMs: node.backOffMs }
  while (!stopped.aborted) {
    const present = spec.imagePullPolicy === 'Always' ? undefined : node.images.find(spec.image)
    if (present !== undefined) {
      tell(
        'Normal',
        'Pulled',
        `Container image "${spec.image}" already present on machine and can be accessed by the pod`,
      )
      return present
    }
    try {
      return await pull(obtaining)
    } catch (error) {
      if (!(error instanceof ImageError)) throw error
      const failure = fail(backOff, node.backOffMs, 0)
      backOff = failure.backOff
      await sayWhy(error, failure.waitMs, obtaining)
    }
  }
  return undefined
}
