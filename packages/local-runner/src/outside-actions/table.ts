import { downloadArtifact, uploadArtifact } from './artifacts.ts'
import { checkout } from './checkout.ts'
import type { OutsideAction } from './outside-action.ts'
import { setupNode } from './setup-node.ts'
import { setupPython } from './setup-python.ts'

/** Everything from outside the repository that can be used; all else is refused by name. */
export const OUTSIDE_ACTIONS: ReadonlyMap<string, OutsideAction> = new Map([
  ['actions/checkout', checkout],
  ['actions/upload-artifact', uploadArtifact],
  ['actions/download-artifact', downloadArtifact],
  ['actions/setup-python', setupPython],
  ['actions/setup-node', setupNode],
])
