import type { Diagnosis } from './diagnosis.ts'
import type { ObjectReference } from './kubernetes-object.ts'
import type { TargetChoice } from './plan.ts'
import type { ReleaseRecord } from './record.ts'

/** How an attempt to put back what was there before has ended. */
export type Restored = { readonly choice: TargetChoice; readonly milliseconds: number } & (
  | {
      /** What was there before is there again, and runs. `nothing`: there was nothing, and what was created is removed. */
      readonly kind: 'restored' | 'nothing'
      readonly record: ReleaseRecord
      readonly restored: readonly ObjectReference[]
      readonly removed: readonly ObjectReference[]
      readonly recreated: readonly ObjectReference[]
      readonly kept: readonly { readonly reference: ObjectReference; readonly why: string }[]
    }
  /** There is nothing that may be gone back to; nothing was written but the record of the failed release. */
  | { readonly kind: 'no-target' }
  /** Somebody else changed the objects, or an image of what was there is gone: nothing was written. */
  | { readonly kind: 'superseded' | 'refused'; readonly diagnoses: readonly [Diagnosis, ...(readonly Diagnosis[])] }
  /** It was tried: put back whole, and does not run; or not whole, as the API server refused an object. */
  | {
      readonly kind: 'failed'
      readonly whole: boolean
      readonly diagnoses: readonly [Diagnosis, ...(readonly Diagnosis[])]
    }
)
