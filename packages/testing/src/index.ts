export * from './fakes/jobs.ts'
export * from './step.ts'
