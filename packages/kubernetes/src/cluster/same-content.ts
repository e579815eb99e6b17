import type { KubernetesObject } from '@mlops/core'
import { isFields } from '../fields.ts'

/** What the server leaves out when it writes an object down. */
const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.keys(value).length === 0 : !value

/** Whether everything that was sent is in what was found, whatever the server has added. */
const holds = (found: unknown, sent: unknown): boolean => {
  if (found === undefined && isEmpty(sent)) return true
  if (Array.isArray(sent))
    return Array.isArray(found) && found.length === sent.length && sent.every((one, index) => holds(found[index], one))
  if (!isFields(sent)) return found === sent
  return isFields(found) && Object.entries(sent).every(([name, value]) => holds(found[name], value))
}

/** Whether an object in the cluster is what a write of ours sent, after the answer to that write was lost. */
export const isWhatWasSent = (found: KubernetesObject, sent: KubernetesObject): boolean => {
  const { resourceVersion: _version, managedFields: _managers, generation: _generation, ...metadata } = sent.metadata
  return holds(found, { ...sent, metadata })
}
