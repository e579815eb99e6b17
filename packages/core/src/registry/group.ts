import type { InputProblem } from '../jobs/input-checks.ts'
import { parseGroup } from '../naming.ts'

/** What is wrong with the name or ARN of a model package group. */
export const groupProblem = (text: string): InputProblem | undefined =>
  parseGroup(text) !== undefined
    ? undefined
    : {
        what: `is ${text.slice(0, 80)}`,
        why: 'SageMaker takes letters, digits and inner hyphens, 63 at most, or an ARN',
        hint: 'write a name such as basket-sensitivity',
      }
