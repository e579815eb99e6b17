import { realpathSync } from 'node:fs'
import { sep } from 'node:path'

/** Where a path really leads; undefined when nothing is there. */
export const realPath = (path: string): string | undefined => {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

/** Whether a real path lies in a real folder, or is it. */
export const isInside = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep)
