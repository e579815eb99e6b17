export * from './account.ts'
export * from './pipeline.ts'
export * from './python-environment.ts'
export * from './step.ts'
