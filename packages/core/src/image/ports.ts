import type { Finding } from './scan-gate.ts'
import type { EcrRepository } from './reference.ts'

export interface StoredManifest {
  readonly digest: string
  readonly mediaType: string
  /** Its very bytes, of which the digest is. */
  readonly text: string
}

/** Bytes that are named by their digest: a layer or a configuration. */
export interface Blob {
  /** `sha256:<hex>`. */
  readonly digest: string
  readonly size: number
  readonly read: (from: number, length: number) => Promise<Uint8Array>
}

/** How a scan of an image stands. */
export type Scan =
  /** Nobody has started one. */
  | { readonly kind: 'none' }
  | { readonly kind: 'under-way'; readonly status: string }
  | { readonly kind: 'complete'; readonly status: string; readonly findings: readonly Finding[] }
  /** It says nothing about the image, and never will. */
  | { readonly kind: 'void'; readonly status: string; readonly description: string }

/**
 * A registry of images. Passing faults are repeated inside. Errors are ActionErrors: E-IMAGE for what the registry refuses
 * or does not hold, E-ACCESS, E-NETWORK, E-CREDS.
 */
export interface ImageRegistry {
  /** Undefined when there is no such image. */
  readonly manifest: (
    repository: EcrRepository,
    image: { readonly tag: string } | { readonly digest: string },
  ) => Promise<StoredManifest | undefined>
  /** Those of the digests whose bytes the repository lacks. */
  readonly missing: (repository: EcrRepository, digests: readonly string[]) => Promise<readonly string[]>
  /** A small blob as text; it is what its digest says. */
  readonly readText: (repository: EcrRepository, digest: string) => Promise<string>
  /** Writes a blob of any size to a file; it is what its digest says. */
  readonly fetch: (repository: EcrRepository, digest: string, path: string) => Promise<void>
  /** Uploads a blob; one that is there already stays as it is. */
  readonly upload: (repository: EcrRepository, blob: Blob) => Promise<void>
  /** Stores a manifest whose blobs are there. `taken`: the tag belongs to another image and can't be moved. */
  readonly put: (repository: EcrRepository, manifest: StoredManifest, tag?: string) => Promise<'put' | 'taken'>
  /** `limited`: ECR starts no more scans of this image today, or of any. `by-itself`: the registry decides when it scans. */
  readonly startScan: (repository: EcrRepository, digest: string) => Promise<'started' | 'limited' | 'by-itself'>
  readonly scan: (repository: EcrRepository, digest: string) => Promise<Scan>
  /** User and password that an engine logs in with. */
  readonly login: () => Promise<{ readonly user: string; readonly password: string }>
}
