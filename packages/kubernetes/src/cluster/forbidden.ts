import { ActionError } from '@mlops/core'

export interface Denied {
  readonly verb: string
  readonly apiVersion: string
  /** With its subresource, as RBAC writes it: `pods/log`. */
  readonly resource: string
  readonly namespace?: string
}

const quoted = (text: string) => `["${text}"]`

/** E-FORBIDDEN, with the rule that would allow it. */
export const forbidden = ({ verb, apiVersion, resource, namespace }: Denied, message: string): ActionError => {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
  const rule = `apiGroups: ${quoted(group)}, resources: ${quoted(resource)}, verbs: ${quoted(verb)}`
  const where = namespace === undefined ? 'a ClusterRole' : `a Role of the namespace ${namespace}`
  return new ActionError({
    code: 'E-FORBIDDEN',
    kind: 'user',
    what: `the cluster does not let the step ${verb} ${resource}${namespace === undefined ? '' : ` in ${namespace}`}`,
    why: message,
    hint: `grant { ${rule} } by ${where}: the published Role of the action holds it`,
  })
}

/** E-CLUSTER for an answer to a read that is neither the thing nor a refusal that is foreseen. */
export const unexpected = (doing: string, status: number, message: string): ActionError =>
  new ActionError({
    code: 'E-CLUSTER',
    kind: 'remote',
    what: `${doing} failed`,
    why: `the API server answered ${status} ${message}`,
    hint: 'look at the API server; run the step again when it is well',
  })
