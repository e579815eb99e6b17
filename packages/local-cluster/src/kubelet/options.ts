import type { EcrOptions } from '../image/ecr.ts'

/** Where the node gets its images from: an ECR, or a table of folders on this machine. */
export type ImageOptions =
  | ({ readonly kind: 'ecr' } & EcrOptions)
  /** Path of a JSON file of the form `ImageTable`. */
  | { readonly kind: 'table'; readonly file: string }

/** What the node says it has, as quantities; nothing of it is measured. */
export interface NodeCapacity {
  readonly cpu?: string
  readonly memory?: string
  readonly pods?: string
}

/** All that a kubelet process is told. */
export interface KubeletOptions {
  readonly node: string
  /** For images, pods and sockets. */
  readonly folder: string
  readonly endpoint: string
  readonly caFile: string
  readonly token: string
  /** Unix socket by which the API server reaches pods. */
  readonly egress: string
  readonly images: ImageOptions
  readonly interpreters: Readonly<Record<string, string>>
  readonly capacity: NodeCapacity
  readonly backOffMs: number
}
