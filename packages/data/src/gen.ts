export { gateSchema } from './gate-file/schema.ts'
