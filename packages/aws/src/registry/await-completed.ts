import { ActionError, type Arn, type Clock, epochMs, type ModelPackage, type ModelRegistry } from '@mlops/core'
import { poll } from '../poll.ts'

const DEADLINE_MS = 5 * 60_000
/** How long Describe may not know a package yet that was just created. */
const UNSEEN_MS = 30_000
const SHORTEST_MS = 500
const LONGEST_MS = 2000

const notUsable = (arn: Arn, why: string, kind: 'remote' | 'timeout') =>
  new ActionError({
    code: 'E-REGISTRY',
    kind,
    what: `${arn} was registered, but is not usable`,
    why,
    hint: 'run the job again: it goes on with this package, or registers another when this one failed',
  })

const isPending = ({ status }: ModelPackage) => status === 'Pending' || status === 'InProgress'

/** Waits until the registry has completed a package that was just created. Throws E-REGISTRY when it does not. */
export const awaitCompleted = async (
  registry: Pick<ModelRegistry, 'describe'>,
  arn: Arn,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<ModelPackage> => {
  const since = clock.now()
  const result = await poll({
    probe: () => registry.describe(arn),
    done: (found) => (found === undefined ? clock.now() - since >= UNSEEN_MS : !isPending(found)),
    intervalMs: (elapsed) => Math.min(LONGEST_MS, Math.max(SHORTEST_MS, elapsed / 10)),
    deadlineMs: epochMs(since + DEADLINE_MS),
    clock,
    signal,
  })
  if (result.kind === 'deadline')
    throw notUsable(arn, `it is ${result.last?.status ?? 'unknown'} after five minutes`, 'timeout')
  const found = result.value
  if (found === undefined)
    throw notUsable(arn, 'the registry does not know it half a minute after its creation', 'remote')
  if (found.status === 'Completed') return found
  throw notUsable(arn, found.failureReason === '' ? `it is ${found.status}` : found.failureReason, 'remote')
}
