import { openClusterWorld } from '@mlops/testing'
import { AUDIT_RULES } from './rollout/audit.ts'
import { benchCalls } from './rollout/calls.ts'
import { benchEnd } from './rollout/end.ts'
import { benchFailures } from './rollout/failures.ts'
import { benchUndo } from './rollout/undo.ts'

/** Measures releases on a local cluster. */
export const benchRollout = async (): Promise<void> => {
  const world = await openClusterWorld({ auditRules: AUDIT_RULES })
  try {
    for (const bench of [benchEnd, benchCalls, benchUndo, benchFailures]) await bench(world)
  } finally {
    await world.close()
  }
}
