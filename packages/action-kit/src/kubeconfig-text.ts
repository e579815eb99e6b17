import { ActionError } from '@mlops/core'
import type { Context } from './context.ts'

/** A kubeconfig is given as it is, or by its path. Throws E-INPUT for a file that cannot be read. */
export const kubeconfigText = (given: string, { files }: Pick<Context, 'files'>): string => {
  if (/\n|^\s*\{/.test(given)) return given
  try {
    return files.readText(given)
  } catch (error) {
    throw new ActionError({
      code: 'E-INPUT',
      kind: 'user',
      what: 'input kubeconfig names a file that cannot be read',
      why: error instanceof Error ? error.message : String(error),
      hint: 'give the path of a kubeconfig, or its content',
      cause: error,
    })
  }
}
