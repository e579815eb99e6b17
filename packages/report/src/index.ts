export { gateSummary } from './gate-report.ts'
export * from './markdown.ts'
