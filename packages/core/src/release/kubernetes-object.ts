/** An object of a Kubernetes API as plain JSON: fields that nobody here knows are kept as they are. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly [field: string]: unknown
}

export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
  readonly [field: string]: unknown
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
}

/** What a kind of objects is called: `apps/v1` and `Deployment`. */
export interface ObjectKind {
  readonly apiVersion: string
  readonly kind: string
}

/** Which object is meant; `namespace` is absent for kinds that belong to the whole cluster. */
export interface ObjectReference extends ObjectKind {
  readonly namespace?: string
  readonly name: string
}

/** The reference of an object. */
export const referenceOf = ({ apiVersion, kind, metadata }: KubernetesObject): ObjectReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
})

/** `Deployment/model`, as people write it. */
export const objectName = ({ kind, name }: Pick<ObjectReference, 'kind' | 'name'>): string => `${kind}/${name}`

/** Group, kind, namespace and name: equal for the same object whatever version of the API it was read in. */
export const objectKey = ({ apiVersion, kind, namespace = '', name }: ObjectReference): string =>
  `${apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''}/${kind}/${namespace}/${name}`
