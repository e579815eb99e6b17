import type { Context } from '@mlops/action-kit'
import type { Ports } from './ports.ts'
import type { Inputs } from './spec.ts'
import { closeWorkshop, leftWorkshop } from './workshop.ts'

/** Removes what a killed step has left on the machine: models, layers and an engine's login. */
export const cleanup = (_: Inputs, __: Ports, context: Context): Promise<void> => {
  const folder = leftWorkshop(context)
  if (folder !== undefined) closeWorkshop(folder)
  return Promise.resolve()
}
