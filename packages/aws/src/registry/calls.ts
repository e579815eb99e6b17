import { ActionError, type Clock, type Random } from '@mlops/core'
import { classify } from '../classify.ts'
import { withRetries } from '../retries.ts'
import { toActionError } from '../to-action-error.ts'

export interface RegistryContext {
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

const CONFLICT_TRIES = 5
const CONFLICT_PAUSE_MS = 1000

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

// The registry has no not-found exception: it answers ValidationException "ModelPackage … does not exist."
export const isMissing = (error: unknown): boolean =>
  classify(error) === 'not-found' || /\bdoes not exist\b|\bnot found\b|could not find/i.test(messageOf(error))

/** Nor has it one for names that are taken (sagemaker-python-sdk, Session.create_model_package_from_containers). */
export const isTaken = (error: unknown): boolean => /\balready exists\b/i.test(messageOf(error))

const OF_THE_WAY: ReadonlySet<ReturnType<typeof classify>> = new Set(['transient', 'network', 'creds', 'denied'])

const toRegistryError = (error: unknown, doing: string): ActionError => {
  if (error instanceof ActionError || OF_THE_WAY.has(classify(error))) return toActionError(error, doing)
  return new ActionError({
    code: 'E-REGISTRY',
    kind: 'user',
    what: `${doing} failed with ${error instanceof Error ? error.name : 'Error'}`,
    why: messageOf(error),
    hint: 'correct what the registry names',
    cause: error,
  })
}

/** Calls of the registry: passing faults are repeated, conflicts with other writers too, and errors are ours. */
export const asker = <Opened>(open: () => Promise<Opened>, context: RegistryContext) => {
  const { clock, random, signal } = context
  return async <T>(doing: string, call: (opened: Opened) => Promise<T>): Promise<T> => {
    const ready = await open()
    for (let tries = 1; ; tries += 1)
      try {
        return await withRetries(() => call(ready), context)
      } catch (error) {
        signal.throwIfAborted()
        if (classify(error) !== 'conflict' || tries === CONFLICT_TRIES) throw toRegistryError(error, doing)
        await clock.sleep(random.next() * CONFLICT_PAUSE_MS * 2 ** tries, signal)
      }
  }
}

const causeOf = (error: unknown) => (error instanceof ActionError ? error.facts.cause : error)

/** The answer, or what stands for it when the error says that something is not there, or is there already. */
export const orElse = async <T, U>(
  call: Promise<T>,
  when: (cause: unknown) => boolean,
  otherwise: U,
): Promise<T | U> => {
  try {
    return await call
  } catch (error) {
    if (when(causeOf(error))) return otherwise
    throw error
  }
}
