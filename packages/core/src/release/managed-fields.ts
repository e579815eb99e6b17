import { isRecord } from '../registry/document.ts'
import type { KubernetesObject } from './kubernetes-object.ts'
import { RELEASE_ANNOTATION } from './stamps.ts'
import { fieldsOf, itemsOf, textOf, valueAt } from './values.ts'

/** Owner of the fields that the suite sets. Never renamed: fields would be left behind that nobody owns. */
export const FIELD_MANAGER = 'mlops-deploy'
/** What `kubectl apply` leaves: it owns fields by an annotation, and hands them over to server-side apply. */
const CLIENT_SIDE: ReadonlySet<string> = new Set(['kubectl-client-side-apply', 'before-first-apply'])

/** Whose fields are never taken over by force. */
const UNTOUCHABLE =
  /^(kube-controller-manager|vpa-|.*vertical-pod-autoscaler|argocd-|kustomize-controller$|helm-controller$|flux)/
/** Controllers that set fields of a spec as a part of their work. */
const CONTROLLER = /^(kube-controller-manager|kube-scheduler|kubelet|vpa-|cluster-autoscaler|keda)/

/** One row of an object's managedFields. */
export interface ManagedEntry {
  readonly manager: string
  readonly operation: string
  readonly subresource: string
  /** RFC 3339 in UTC, in seconds: such texts have the order of their times. */
  readonly time: string
  readonly fields: Readonly<Record<string, unknown>>
}

const entryOf = (raw: unknown): ManagedEntry => {
  const { manager, operation, subresource, time, fieldsV1 } = fieldsOf(raw)
  return {
    manager: textOf(manager),
    operation: textOf(operation),
    subresource: textOf(subresource),
    time: textOf(time),
    fields: fieldsOf(fieldsV1),
  }
}

const rawEntries = (object: KubernetesObject) => itemsOf(object.metadata['managedFields'])

const managedEntries = (object: KubernetesObject): readonly ManagedEntry[] => rawEntries(object).map(entryOf)

const isOurs = ({ manager, operation }: ManagedEntry) => manager === FIELD_MANAGER && operation === 'Apply'

/** Whether we have applied the object. */
export const isManagedByUs = (object: KubernetesObject): boolean => managedEntries(object).some(isOurs)

/** Whether a manager that keeps its fields when we let go of ours sets the number of replicas. */
export const othersSetReplicas = (object: KubernetesObject): boolean =>
  managedEntries(object).some(
    (entry) => !isOurs(entry) && !isClientSide(entry) && valueAt(entry.fields, ['f:spec', 'f:replicas']) !== undefined,
  )

export const mayBeForced = (manager: string): boolean => !UNTOUCHABLE.test(manager)

const isClientSide = ({ manager, operation, subresource }: ManagedEntry) =>
  CLIENT_SIDE.has(manager) && operation === 'Update' && subresource === ''

/** Managers whose fields are handed over to us without force. */
export const clientSideManagers = (object: KubernetesObject): readonly string[] =>
  managedEntries(object)
    .filter(isClientSide)
    .map(({ manager }) => manager)

const union = (one: unknown, other: unknown): unknown => {
  if (!isRecord(one) || !isRecord(other)) return one ?? other
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return Object.fromEntries([...keys].map((key) => [key, union(one[key], other[key])]))
}

/**
 * The managedFields with what `kubectl apply` owns handed over to us, as client-go's csaupgrade does it; undefined when
 * there is nothing to hand over. Without it the first server-side apply would conflict with the user's own earlier one, and
 * fields that the manifests no longer have would stay for ever.
 */
export const adoptedFields = (object: KubernetesObject): readonly unknown[] | undefined => {
  const rows = rawEntries(object).map((raw) => ({ raw: fieldsOf(raw), entry: entryOf(raw) }))
  const given = rows.filter(({ entry }) => isClientSide(entry))
  const [first] = given
  if (first === undefined) return undefined
  const ours = rows.find(({ entry }) => isOurs(entry))
  const fieldsV1 = [...given, ...(ours === undefined ? [] : [ours])]
    .map(({ raw }) => raw['fieldsV1'])
    .reduce<unknown>(union, undefined)
  return [
    ...rows.filter((row) => row !== ours && !given.includes(row)).map(({ raw }) => raw),
    { ...(ours ?? first).raw, manager: FIELD_MANAGER, operation: 'Apply', fieldsV1 },
  ]
}

/** Who has set fields of the spec since we last applied the object; controllers at their work are left out. */
export const settersSinceOurs = (object: KubernetesObject): readonly string[] => {
  const entries = managedEntries(object)
  const ours = entries.find(isOurs)
  if (ours === undefined) return []
  return entries
    .filter(
      (entry) =>
        !isOurs(entry) &&
        !['status', 'scale'].includes(entry.subresource) &&
        !CONTROLLER.test(entry.manager) &&
        entry.time > ours.time &&
        Object.keys(fieldsOf(entry.fields['f:spec'])).some((field) => field !== 'f:replicas'),
    )
    .map(({ manager }) => manager)
}

const TOOLS: readonly (readonly [RegExp, string])[] = [
  [/^argocd-/, 'Argo CD'],
  [/^(kustomize-controller|helm-controller|flux)/, 'Flux'],
  [/^(helm|Helm)$/, 'Helm'],
]
const LABELS = [
  ['argocd.argoproj.io/instance', 'Argo CD'],
  ['kustomize.toolkit.fluxcd.io/name', 'Flux'],
  ['helm.toolkit.fluxcd.io/name', 'Flux'],
] as const
const ANNOTATIONS = [
  ['argocd.argoproj.io/tracking-id', 'Argo CD'],
  ['meta.helm.sh/release-name', 'Helm'],
] as const

/** What else manages an object, and would undo or be undone by a release; undefined when nothing does. */
export const foreignOwner = (
  object: KubernetesObject,
  release: string,
): { readonly owner: string; readonly from: string } | undefined => {
  const { labels = {}, annotations = {} } = object.metadata
  const label = LABELS.find(([key]) => labels[key] !== undefined)
  if (label !== undefined) return { owner: label[1], from: `label ${label[0]}` }
  const annotation = ANNOTATIONS.find(([key]) => annotations[key] !== undefined)
  if (annotation !== undefined) return { owner: annotation[1], from: `annotation ${annotation[0]}` }
  const other = annotations[RELEASE_ANNOTATION]
  if (other !== undefined && other !== release && isManagedByUs(object))
    return { owner: `the release ${other}`, from: `annotation ${RELEASE_ANNOTATION}` }
  for (const { manager } of managedEntries(object)) {
    const tool = TOOLS.find(([pattern]) => pattern.test(manager))
    if (tool !== undefined) return { owner: tool[1], from: `field manager ${manager}` }
  }
  return undefined
}
