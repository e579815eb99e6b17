import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { filesBelow } from './glob.ts'

export interface StoredFile {
  readonly from: string
  /** Inside the artifact. */
  readonly to: string
}

export interface ArtifactStore {
  readonly folder: string
  readonly names: () => readonly string[]
  readonly has: (name: string) => boolean
  readonly put: (name: string, files: readonly StoredFile[]) => void
  readonly remove: (name: string) => void
  readonly copyTo: (name: string, folder: string) => void
  readonly list: () => readonly { readonly name: string; readonly files: number; readonly bytes: number }[]
}

const copy = (from: string, to: string) => {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, to)
}

/** Keeps each artifact as a plain folder, the way a person wants to look at it afterwards. */
export const createArtifactStore = (folder: string): ArtifactStore => {
  mkdirSync(folder, { recursive: true })
  const names = () => readdirSync(folder).toSorted()
  const sizeOf = (name: string, path: string) => statSync(join(folder, name, path)).size
  return {
    folder,
    names,
    has: (name) => existsSync(join(folder, name)),
    put: (name, files) => {
      mkdirSync(join(folder, name), { recursive: true })
      for (const { from, to } of files) copy(from, join(folder, name, to))
    },
    remove: (name) => rmSync(join(folder, name), { recursive: true, force: true }),
    copyTo: (name, target) => {
      mkdirSync(target, { recursive: true })
      for (const path of filesBelow(join(folder, name))) copy(join(folder, name, path), join(target, path))
    },
    list: () =>
      names().map((name) => {
        const files = filesBelow(join(folder, name))
        return { name, files: files.length, bytes: files.reduce((sum, path) => sum + sizeOf(name, path), 0) }
      }),
  }
}
