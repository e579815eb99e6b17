import { checkout } from './checkout.ts'
import type { OutsideAction } from './outside-action.ts'

/** Everything from outside the repository that can be used; all else is refused by name. */
export const OUTSIDE_ACTIONS: ReadonlyMap<string, OutsideAction> = new Map([['actions/checkout', checkout]])
