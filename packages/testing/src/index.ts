export * from './fakes/jobs.ts'
export * from './fakes/objects-in-memory.ts'
export * from './fakes/step-context.ts'
export * from './step.ts'
