import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

/** A file that becomes part of an image. */
export interface TreeFile {
  /** Relative, with slashes. */
  readonly path: string
  readonly size: number
  readonly executable: boolean
  readonly open: () => Readable
}

export const treeFile = (folder: string, path: string, size: number, executable: boolean): TreeFile => ({
  path,
  size,
  executable,
  open: () => createReadStream(join(folder, path)),
})

/** Names of this form delete files of lower layers (OCI image specification, "Whiteouts"). */
export const isWhiteout = (path: string): boolean => path.split('/').some((part) => part.startsWith('.wh.'))
