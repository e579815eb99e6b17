import type { DocumentFault } from './document-fault.ts'
import { fieldsOf } from './fields.ts'
import type { YamlDocument } from './yaml-document.ts'

/** Whether a document was written for a later version of the suite: then nothing else of it can be judged. */
export const versionFaults = (file: string, { value, valueAt }: YamlDocument): readonly DocumentFault[] => {
  const { version } = fieldsOf(value)
  if (typeof version !== 'number' || !Number.isInteger(version) || version <= 1) return []
  return [
    {
      code: 'E-VERSION',
      ...valueAt(['version']),
      what: `the ${file} file has version ${version}`,
      why: 'this action knows version 1',
      hint: 'update the action',
    },
  ]
}
