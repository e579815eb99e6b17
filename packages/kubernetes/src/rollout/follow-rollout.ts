import { type Diagnosis, type ExpectedWorkload, followed, type RolloutVerdict, startRollout } from '@mlops/core'
import { withLog } from './container-log.ts'
import { redactionOf } from './redaction.ts'
import type { FollowRollout } from './rollout-api.ts'
import { watchRollout } from './watch-rollout.ts'

/** A watch is told at least twice a minute that it is current; what is older than this is not judged by. */
const BLIND_MS = 40_000
/** Whose API server is silent for so long has no cluster to speak of. */
const SILENT_MS = 120_000

const silence = (expected: readonly ExpectedWorkload[], ms: number): Diagnosis => ({
  failureClass: 'environment',
  object: expected[0]?.reference ?? { apiVersion: 'v1', kind: 'Namespace', name: '' },
  sentence: `The API server has told nothing for ${Math.round(ms / 1000)} s, so that nobody knows how the rollout fares.`,
  advice: 'Nothing was rolled back: bring the API server or the way to it back, then deploy again.',
  sightings: [],
})

type Failed = Extract<RolloutVerdict, { readonly kind: 'failed' }>

const withLogs = async (
  { diagnoses: [first, ...rest] }: Failed,
  read: (diagnosis: Diagnosis) => Promise<Diagnosis>,
): Promise<Failed> => ({ kind: 'failed', diagnoses: [await read(first), ...(await Promise.all(rest.map(read)))] })

/** See FollowRollout. */
export const followRollout: FollowRollout = async (cluster, expected, options, { clock, log, signal }) => {
  const { timeoutMs, objects } = options
  const startedAt = clock.now()
  const deadline = startedAt + timeoutMs
  let state = startRollout(expected, startedAt, { timeoutMs, objects })
  let told = ''
  const view = await watchRollout(cluster, expected, options)
  try {
    for (;;) {
      signal.throwIfAborted()
      const now = clock.now()
      const stale = view.staleMs()
      if (stale >= BLIND_MS) {
        if (stale >= SILENT_MS || now >= deadline) return { kind: 'failed', diagnoses: [silence(expected, stale)] }
        await view.changed(Math.min(deadline - now, SILENT_MS - stale), signal)
        continue
      }
      const next = followed(state, view.observe(), now)
      const { verdict, again } = next
      state = next.state
      if (verdict.kind === 'failed') {
        const redaction = await redactionOf(cluster, expected, objects)
        return await withLogs(verdict, (diagnosis) => withLog(cluster, diagnosis, redaction, log))
      }
      if (verdict.kind === 'complete') return verdict
      if (verdict.line !== told) log.info(verdict.line)
      told = verdict.line
      await view.changed(Math.min(again - now, BLIND_MS), signal)
    }
  } finally {
    view.stop()
  }
}
