import type { ApprovalStatus, GateReport, Verdict } from '../gate/judgement.ts'
import { type Document, type Fields, isRecord, readDocument } from './document.ts'

const VERDICTS: readonly unknown[] = ['approve', 'reject', 'inconclusive'] satisfies readonly Verdict[]
const STATUSES: readonly unknown[] = [
  'Approved',
  'Rejected',
  'PendingManualApproval',
] satisfies readonly ApprovalStatus[]
const DIGEST = /^sha256:[0-9a-f]{64}$/

const complaint = ({ verdict, approvalStatus, sentence, metrics, model, run }: Fields): string | undefined => {
  if (!VERDICTS.includes(verdict)) return 'it has no verdict'
  if (!STATUSES.includes(approvalStatus)) return 'it has no approvalStatus'
  if (typeof sentence !== 'string') return 'it has no sentence'
  if (!Array.isArray(metrics)) return 'it has no metrics'
  if (!isRecord(run)) return 'it does not say which run made it'
  return model === undefined || (isRecord(model) && DIGEST.test(String(model['digest'])))
    ? undefined
    : "the model's digest is malformed"
}

/** Reads gate-report.json. What decides over a model is checked; the rest is what evaluate-gate has written. */
export const readGateReport = (text: string): Document<GateReport> => readDocument(text, complaint)
