import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Context } from '@mlops/action-kit'

const FOLDER = 'workshop'

/** A folder of this step for what is only needed until the image is pushed: models and layers are large. */
export const openWorkshop = ({ files, state }: Pick<Context, 'files' | 'state'>): string => {
  const folder = dirname(files.writeTemporary(`${FOLDER}/.keep`, ''))
  // Said before it is filled, so that `post` clears it away though this process may be killed.
  state.save(FOLDER, folder)
  mkdirSync(join(folder, 'model'), { recursive: true })
  return folder
}

/** Clears a workshop away, and with it the login of an engine; doing it again is harmless. */
export const closeWorkshop = (folder: string): void => rmSync(folder, { recursive: true, force: true })

/** The workshop that the main step has opened. */
export const leftWorkshop = ({ state }: Pick<Context, 'state'>): string | undefined => state.load(FOLDER)
