import { start } from '@mlops/action-kit'
import { cleanup } from './cleanup.ts'
import { ports } from './ports.ts'
import { run } from './run.ts'
import { spec } from './spec.ts'

await start(spec, { run, cleanup, ports })
