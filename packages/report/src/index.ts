export { annotationsOf, type GateAnnotation } from './gate-annotations.ts'
export { gatePage, type PageOptions } from './gate-page/gate-page.ts'
export { gateSummary } from './gate-report.ts'
export * from './markdown.ts'
