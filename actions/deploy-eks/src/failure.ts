import {
  ActionError,
  type Diagnosis,
  type ErrorFacts,
  objectName,
  type ReleaseFacts,
  type ReleaseRecord,
  type Restored,
} from '@mlops/core'
import { restoredClause } from '@mlops/report'
import { type Diagnoses, failedReport, refusedReport, type Story } from './report.ts'

/** What was done about a release that failed. */
export type Response =
  /** `on-failure: leave`. */
  | { readonly kind: 'left' }
  /** Nothing that is written now could help: somebody else is at it, or the cluster itself fails. */
  | { readonly kind: 'stood-back' }
  | { readonly kind: 'restored'; readonly restored: Restored }

type End = Pick<ErrorFacts, 'code' | 'kind'> & { readonly status: string }

const ENDS = {
  restored: { status: 'rolled-back', code: 'E-RELEASE-FAILED', kind: 'remote' },
  nothing: { status: 'failed-no-target', code: 'E-NO-TARGET', kind: 'remote' },
  'no-target': { status: 'failed-no-target', code: 'E-NO-TARGET', kind: 'remote' },
  superseded: { status: 'superseded', code: 'E-SUPERSEDED', kind: 'rejected' },
  refused: { status: 'rollback-failed', code: 'E-ROLLBACK-FAILED', kind: 'remote' },
  failed: { status: 'rollback-failed', code: 'E-ROLLBACK-FAILED', kind: 'remote' },
} as const satisfies Readonly<Record<Restored['kind'], End>>

const LEFT = { status: 'failed', code: 'E-RELEASE-FAILED', kind: 'remote' } as const satisfies End
const ENVIRONMENT = { status: 'environment', code: 'E-ENVIRONMENT', kind: 'remote' } as const satisfies End

const endOf = (response: Response, { failureClass }: Diagnosis): End => {
  if (response.kind === 'left') return LEFT
  if (response.kind === 'restored') return ENDS[response.restored.kind]
  return failureClass === 'environment' ? ENVIRONMENT : ENDS.superseded
}

/** What became of a release, in one clause. */
export const clauseOf = (response: Response, failureClass?: string): string => {
  if (response.kind === 'restored') return restoredClause(response.restored)
  if (response.kind === 'left') return 'it is left as it is, as on-failure says'
  return failureClass === 'environment'
    ? 'it is left as it is, as no older release would fare better'
    : 'it is left as it is, as somebody else is at work on it'
}

/** `failed-workloads`: for whoever reads it by program. */
const workloads = (diagnoses: Diagnoses) =>
  JSON.stringify(
    diagnoses.map(({ object, failureClass, sentence, advice }) => ({
      object: objectName(object),
      namespace: object.namespace ?? '',
      class: failureClass,
      sentence,
      advice,
    })),
  )

type Outputs = Readonly<Record<string, string>>

/** The error of a release that did not come to run: what happened, why, and what became of the one before. */
export const failedError = (story: Story, diagnoses: Diagnoses, response: Response, outputs: Outputs): ActionError => {
  const [first] = diagnoses
  const { status, code, kind } = endOf(response, first)
  const clause = clauseOf(response, first.failureClass)
  const restored = response.kind === 'restored' ? { restored: response.restored } : {}
  return new ActionError({
    code,
    kind,
    what: `revision ${story.revision} of ${story.facts.release} failed with ${first.failureClass}; ${clause}`,
    why: first.sentence,
    hint: first.advice,
    outputs: { ...outputs, status, 'failure-class': first.failureClass, 'failed-workloads': workloads(diagnoses) },
    report: failedReport(story, { diagnoses, clause, ...restored }),
  })
}

/** The error of a release that was refused before anything was written. */
export const refusedError = (facts: ReleaseFacts, diagnoses: Diagnoses, outputs: Outputs): ActionError => {
  const [first, ...more] = diagnoses
  return new ActionError({
    code: 'E-PREFLIGHT',
    kind: 'rejected',
    what: `${facts.release} was refused with ${first.failureClass}, and nothing was written`,
    why: `${first.sentence}${more.length === 0 ? '' : ` (and ${more.length} more, see the summary)`}`,
    hint: first.advice,
    outputs: {
      ...outputs,
      status: 'refused',
      'failure-class': first.failureClass,
      'failed-workloads': workloads(diagnoses),
    },
    report: refusedReport(facts, diagnoses),
  })
}

/** The error of a commit that is older than what was found healthy. */
export const olderError = ({ release, commit }: ReleaseFacts, newer: ReleaseRecord, outputs: Outputs): ActionError =>
  new ActionError({
    code: 'E-OLDER',
    kind: 'rejected',
    what: `${commit.slice(0, 7)} is older than revision ${newer.revision} of ${release}, and nothing was written`,
    why: `that one is of ${newer.commit.slice(0, 7)} and was found healthy: ${newer.runUrl}`,
    hint: 'run the newest workflow instead; to go back on purpose, use rollback.yml or if-older: allow',
    outputs: { ...outputs, status: 'refused', 'failure-class': 'rejected' },
  })
