export { createIssuer, ISSUER_URL } from './issuer.ts'
export type { Claims, Endpoint, Issuer } from './issuer.ts'
export type { Conclusion, JobRecord, OutsideUse, RecordedAnnotation, RunRecord, StepRecord } from './run-record.ts'
