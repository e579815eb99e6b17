import { join } from 'node:path'
import { pythonEnvironment } from '@mlops/local-cloud'

const root = join(import.meta.dirname, '../../..')

/** The interpreter of an environment with a hashed requirement file of this repository, by its path from the root. */
export const pythonFor = (requirements: string): string => pythonEnvironment(join(root, requirements))
