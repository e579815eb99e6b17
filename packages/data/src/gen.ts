export { checksSchema } from './checks-file/schema.ts'
export { gateSchema } from './gate-file/schema.ts'
