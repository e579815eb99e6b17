import type { AccessQuestion, Cluster } from '@mlops/core'
import { fieldsOf, listOf } from '../fields.ts'
import type { Api } from '../transport/api.ts'
import { refusalOf } from '../transport/refusal.ts'
import { unexpected } from './forbidden.ts'

const REVIEW = 'authorization.k8s.io/v1'

const review = (api: Api, resource: string, kind: string, spec: object) =>
  api.call({
    method: 'POST',
    path: `/apis/${REVIEW}/${resource}`,
    body: { apiVersion: REVIEW, kind, spec },
  })

const holds = (listed: unknown, ...wanted: readonly string[]): boolean =>
  listOf(listed).some((one) => one === '*' || wanted.some((text) => text === one))

/** Whether a rule allows what is asked, as RBAC reads rules (component-helpers, auth/rbac/validation/policy_comparator.go). */
const grants = (rule: unknown, { verb, group, resource, subresource, name }: AccessQuestion): boolean => {
  const { verbs, apiGroups, resources, resourceNames } = fieldsOf(rule)
  const kinds = subresource === undefined ? [resource] : [`${resource}/${subresource}`, `*/${subresource}`]
  const names = listOf(resourceNames)
  return (
    holds(verbs, verb) &&
    holds(apiGroups, group) &&
    holds(resources, ...kinds) &&
    (names.length === 0 || (name !== undefined && names.includes(name)))
  )
}

/** What the caller may do in a namespace as far as the server can list it; nothing where it does not. */
const rulesIn = async (api: Api, namespace: string): Promise<readonly unknown[]> => {
  const { status, document } = await review(api, 'selfsubjectrulesreviews', 'SelfSubjectRulesReview', { namespace })
  return status < 300 ? listOf(fieldsOf(fieldsOf(document)['status'])['resourceRules']) : []
}

const mayOnce = async (api: Api, question: AccessQuestion): Promise<boolean> => {
  const { status, text, document } = await review(api, 'selfsubjectaccessreviews', 'SelfSubjectAccessReview', {
    resourceAttributes: question,
  })
  if (status >= 300) throw unexpected('asking for the rights of the step', status, refusalOf(status, text).message)
  return fieldsOf(fieldsOf(document)['status'])['allowed'] === true
}

/**
 * Asks for all rules of a namespace at once. Only what they do not grant is asked for by itself: an authorizer behind a
 * webhook, as that of EKS access policies, may grant it, and can list nothing (apiserver, plugin webhook.go, RulesFor).
 */
export const askRights =
  (api: Api): Cluster['may'] =>
  async (questions) => {
    const namespaces = [...new Set(questions.flatMap(({ namespace }) => namespace ?? []))]
    const rules = new Map(
      await Promise.all(namespaces.map(async (namespace) => [namespace, await rulesIn(api, namespace)] as const)),
    )
    return Promise.all(
      questions.map(async (question) => {
        const listed = rules.get(question.namespace ?? '') ?? []
        return listed.some((rule) => grants(rule, question)) || mayOnce(api, question)
      }),
    )
  }
