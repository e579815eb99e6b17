import type { Context, Outcome } from '@mlops/action-kit'
import { approve } from './approve.ts'
import type { Ports } from './ports.ts'
import { register } from './register.ts'
import type { Inputs, Spec } from './spec.ts'

/**
 * Registers a model, or approves one by hand. Throws the E-codes of the README's table; the outputs that are known stand
 * in the error too.
 */
export const run = (inputs: Inputs, ports: Ports, context: Context): Promise<Outcome<Spec>> =>
  (inputs.mode === 'approve' ? approve : register)(inputs, ports, context)
