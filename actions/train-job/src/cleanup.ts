import type { Context } from '@mlops/action-kit'
import { stopGuarded } from '@mlops/aws'
import type { Ports } from './ports.ts'
import type { Inputs } from './spec.ts'

/** Stops the job that this step has created and not seen end. */
export const cleanup = (_: Inputs, { job }: Ports, context: Context): Promise<void> => stopGuarded(job.jobs, context)
