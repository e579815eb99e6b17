import * as z from 'zod/mini'
import { checksShape } from './shape.ts'

/** The JSON Schema of a checks file, version 1, for editors. */
export const checksSchema = (): object => ({ title: 'Checks file, version 1', ...z.toJSONSchema(checksShape) })
