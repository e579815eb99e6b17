import type { KubernetesObject, ObjectSelection } from '@mlops/core'

const commaOutsideBrackets = /,(?![^(]*\))/

/** One requirement of a label selector: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`. */
const meets = (labels: Readonly<Record<string, string>>, requirement: string): boolean => {
  const text = requirement.trim()
  const [, key = '', operator = '', inner = ''] = /^(\S+) (in|notin) \((.*)\)$/.exec(text) ?? []
  if (operator !== '') {
    const isOne = inner.split(',').some((value) => value.trim() === labels[key])
    return operator === 'in' ? isOne : !isOne
  }
  const [, name = '', not = '', value = ''] = /^([^=!]+)(!?)==?(.*)$/.exec(text) ?? []
  if (name !== '') return (labels[name] === value) !== (not === '!')
  return text.startsWith('!') ? !Object.hasOwn(labels, text.slice(1)) : Object.hasOwn(labels, text)
}

const fieldOf = (object: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((so, name) => (typeof so === 'object' && so !== null ? Reflect.get(so, name) : undefined), object)

/** `metadata.name=x`, `involvedObject.uid!=y`. */
const hasField = (object: KubernetesObject, requirement: string): boolean => {
  const [, path = '', not = '', value = ''] = /^([^=!]+)(!?)==?(.*)$/.exec(requirement.trim()) ?? []
  const found = fieldOf(object, path) ?? ''
  return (found === value) !== (not === '!')
}

const parts = (selector: string) => (selector === '' ? [] : selector.split(commaOutsideBrackets))

/** Whether an object is one of those that a selection means. Any field may be selected by, unlike on an API server. */
export const isSelected = (object: KubernetesObject, selection: ObjectSelection): boolean => {
  const { apiVersion, kind, namespace, labelSelector = '', fieldSelector = '' } = selection
  const { metadata } = object
  return (
    object.apiVersion === apiVersion &&
    object.kind === kind &&
    (namespace === undefined || metadata.namespace === namespace) &&
    parts(labelSelector).every((requirement) => meets(metadata.labels ?? {}, requirement)) &&
    parts(fieldSelector).every((requirement) => hasField(object, requirement))
  )
}
