import type { OutputsOf } from '@mlops/action-kit'
import type { Judgement } from './bake.ts'
import type { Story } from './report.ts'
import type { Spec } from './spec.ts'

/** What an output can hold of an answer. */
const LONGEST_ANSWER = 16_384

const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(1)

const answerOf = (judgements: readonly (Judgement | undefined)[]): string => {
  const answer = judgements.find((judgement) => judgement?.answer !== undefined)?.answer ?? ''
  return answer.slice(0, LONGEST_ANSWER).toWellFormed()
}

/** The outputs of every end. */
export const outputsOf = ({ record, judgement, restored, proof }: Story): OutputsOf<Spec> => {
  const verdict = judgement?.verdict
  const isPutBack = restored?.kind === 'restored' || (restored?.kind === 'failed' && restored.whole)
  // oxlint-disable-next-line no-restricted-globals -- reads a given time, asks for none
  const since = Date.parse(record.createdAt)
  return {
    verdict: verdict?.kind ?? '',
    'first-bad-check': verdict === undefined || verdict.kind === 'healthy' ? '' : verdict.firstBad,
    revision: String(record.revision),
    'rolled-back': String(isPutBack || restored?.kind === 'nothing'),
    // What does not run is asked nothing.
    'rollback-verdict': proof?.verdict.kind ?? (isPutBack && restored.kind === 'failed' ? 'unhealthy' : ''),
    'restored-revision': isPutBack ? String(restored.choice.target?.revision ?? 0) : '',
    'model-package-arn': judgement?.model.arn ?? record.modelPackageArn ?? '',
    answer: answerOf([proof, judgement]),
    'time-to-detect': judgement !== undefined && verdict?.kind === 'unhealthy' ? seconds(judgement.at - since) : '',
    'time-to-restore':
      judgement !== undefined && proof?.verdict.kind === 'healthy' ? seconds(proof.at - judgement.at) : '',
  }
}
