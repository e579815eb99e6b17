import * as z from 'zod/mini'
import { fileShape } from './shape.ts'

/** The JSON Schema of a gate file, version 1, for editors. */
export const gateSchema = (): object => ({ title: 'Gate file, version 1', ...z.toJSONSchema(fileShape) })
