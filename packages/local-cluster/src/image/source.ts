import type { ImageReference } from './reference.ts'

/** What an image says about how it is run. */
export interface ImageConfig {
  readonly architecture?: string
  readonly config?: {
    readonly Entrypoint?: readonly string[] | null
    readonly Cmd?: readonly string[] | null
    readonly Env?: readonly string[] | null
    readonly WorkingDir?: string
    readonly User?: string
    readonly Labels?: Readonly<Record<string, string>> | null
  }
}

/** An image that lies on this machine. */
export interface Image {
  /** Of its manifest. */
  readonly digest: string
  readonly config: ImageConfig
  /** Folder with its files; to be read only. */
  readonly rootfs: string
  readonly bytes: number
}

export type PullFault = 'not-found' | 'unauthorized' | 'throttled' | 'unavailable'

/** Why an image was not pulled. */
export class PullError extends Error {
  readonly fault: PullFault
  constructor(fault: PullFault, message: string) {
    super(message)
    this.fault = fault
  }
}

/** Where the node gets images from. */
export interface ImageSource {
  /**
   * Unpacks an image into a folder of its own.
   *
   * @param folder a new folder for its files
   */
  readonly pull: (reference: ImageReference, folder: string) => Promise<Image>
}

const said = (text: string, { fault, message }: PullError): string => {
  switch (fault) {
    case 'not-found':
      return `${text}: not found`
    case 'unauthorized':
      return `pull access denied, repository does not exist or may require authorization: ${message}`
    case 'throttled':
      return `unexpected status from HEAD request to ${text}: 429 Too Many Requests: ${message}`
    case 'unavailable':
      return `failed to do request: Head "${text}": ${message}`
  }
}

/** How containerd, and so the message of a pod, tells of it. */
export const pullMessage = ({ text }: ImageReference, error: PullError): string => {
  const code = error.fault === 'not-found' ? 'NotFound' : 'Unknown'
  const intro = `failed to pull and unpack image "${text}": failed to resolve reference "${text}"`
  return `rpc error: code = ${code} desc = ${intro}: ${said(text, error)}`
}
