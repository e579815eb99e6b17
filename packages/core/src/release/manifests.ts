import { ActionError } from '../action-error.ts'
import { isRecord } from '../registry/document.ts'
import { inApplyOrder } from './apply-order.ts'
import { isPinned, readImageName, replaceImages } from './images.ts'
import { type KubernetesObject, objectKey, type ObjectKind, objectName, referenceOf } from './kubernetes-object.ts'
import type { KindScope, ManifestFault, PreparedObject, RenderedDocument } from './plan.ts'
import { fieldsOf, itemsOf, textOf, withoutNulls } from './values.ts'

export interface ManifestRules {
  /** Of all objects that name none. */
  readonly namespace: string
  /** Others that objects may name. */
  readonly allowNamespaces: readonly string[]
  /** `<repository>@sha256:<digest>` by the name that the manifests give the image. */
  readonly images: Readonly<Record<string, string>>
  /** Of the kinds of `kindsIn`, as the cluster knows them. */
  readonly scopeOf: (kind: ObjectKind) => KindScope
}

export type Prepared =
  | { readonly kind: 'ok'; readonly objects: readonly PreparedObject[] }
  | { readonly kind: 'faults'; readonly faults: readonly [ManifestFault, ...(readonly ManifestFault[])] }

type Problem = Pick<ManifestFault, 'what' | 'why' | 'hint'>

interface Found {
  readonly file: string
  readonly line: number
  readonly value: unknown
}

/** A DNS subdomain (RFC 1123); names of RBAC objects may hold colons besides. */
const NAME = /^[a-z0-9A-Z]([-a-z0-9A-Z.:_]{0,251}[a-z0-9A-Z])?$/
/** Namespaces of Kubernetes itself. `default` may be meant by whoever names it. */
const SYSTEM = /^kube-/

/** The documents with each List taken apart, as kubectl does; empty documents are left out. */
const flat = (documents: readonly RenderedDocument[]): readonly Found[] =>
  documents.flatMap(({ file, line, value }) => {
    if (value === null || value === undefined) return []
    const { kind, items } = fieldsOf(value)
    return kind === 'List' && Array.isArray(items)
      ? flat(items.map((item: unknown) => ({ file, line, value: item })))
      : [{ file, line, value }]
  })

const nameOf = (value: unknown): string => {
  const { kind, metadata } = fieldsOf(value)
  const { name, generateName } = fieldsOf(metadata)
  return objectName({ kind: textOf(kind) || '?', name: textOf(name) || textOf(generateName) || '?' })
}

const problem = (what: string, why: string, hint: string): Problem => ({ what, why, hint })

const missing = (field: string): Problem =>
  problem(`has no ${field}`, 'the API server takes no object without it', `write ${field}`)

const needsText = (field: string, found: unknown): readonly Problem[] =>
  typeof found === 'string' && found !== '' ? [] : [missing(field)]

/** What is wrong with a document before anybody asks the cluster. */
const shapeProblems = (value: unknown): readonly Problem[] => {
  if (!isRecord(value))
    return [problem('is no object', 'a manifest is a mapping with apiVersion and kind', 'look for a stray ---')]
  const { apiVersion, kind } = value
  const metadata = fieldsOf(value['metadata'])
  const { name, namespace, generateName } = metadata
  return [
    ...needsText('apiVersion', apiVersion),
    ...needsText('kind', kind),
    ...(generateName === undefined
      ? needsText('metadata.name', name)
      : [
          problem(
            'has generateName',
            'it would be another object each time, which nobody could update or undo',
            'give it a name; kustomize makes one with a hash for ConfigMaps and Secrets',
          ),
        ]),
    ...(typeof name === 'string' && name !== '' && !NAME.test(name)
      ? [problem(`has the name ${JSON.stringify(name.slice(0, 80))}`, 'no object can have it', 'use a-z, 0-9, - and .')]
      : []),
    ...(namespace === undefined || namespace === null || (typeof namespace === 'string' && namespace !== '')
      ? []
      : [problem('has a namespace that is no text', 'nobody can tell where it belongs', 'put it into quotes')]),
  ]
}

const scopeProblems = (
  object: KubernetesObject,
  scope: KindScope,
  { namespace, allowNamespaces }: ManifestRules,
): readonly Problem[] => {
  const { apiVersion, kind, metadata } = object
  if (scope === undefined)
    return [
      problem(
        `is of a kind that the cluster does not know`,
        `it serves no ${kind} of ${apiVersion}, and the manifests define none`,
        'correct apiVersion and kind, or install the definition first',
      ),
    ]
  const asked = kind === 'Namespace' ? metadata.name : scope === 'cluster' ? undefined : metadata.namespace
  if (asked === undefined || asked === namespace) return []
  if (SYSTEM.test(asked))
    return [problem(`is to go into ${asked}`, 'it belongs to Kubernetes itself', 'deploy to a namespace of your own')]
  return allowNamespaces.includes(asked)
    ? []
    : [
        problem(
          `is to go into ${asked}`,
          `the release belongs into ${namespace}`,
          `remove the namespace, or name ${asked} in allow-namespaces`,
        ),
      ]
}

/** The object without what only a server writes, and with a namespace exactly when its kind has one. */
const normal = (value: KubernetesObject, scope: KindScope, namespace: string): KubernetesObject => {
  const { status: _status, metadata, stringData, ...rest } = withoutNulls(value) as KubernetesObject
  const {
    creationTimestamp: _creationTimestamp,
    generation: _generation,
    managedFields: _managedFields,
    resourceVersion: _resourceVersion,
    selfLink: _selfLink,
    uid: _uid,
    namespace: asked = namespace,
    ...kept
  } = metadata
  return {
    ...rest,
    ...(rest.kind === 'Secret' && isRecord(stringData) ? { data: mergedData(rest['data'], stringData) } : {}),
    ...(rest.kind !== 'Secret' && stringData !== undefined ? { stringData } : {}),
    metadata: scope === 'cluster' ? kept : { ...kept, namespace: asked },
  }
}

const base64 = (text: string) =>
  btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCodePoint(byte)).join(''))

/** `stringData` as the server stores it: over `data`, in base64. */
const mergedData = (data: unknown, stringData: Readonly<Record<string, unknown>>) => ({
  ...fieldsOf(data),
  ...Object.fromEntries(Object.entries(stringData).map(([key, text]) => [key, base64(String(text))])),
})

/** The kinds of some documents, each once: whether they live in namespaces is for the cluster to say. */
export const kindsIn = (documents: readonly RenderedDocument[]): readonly ObjectKind[] => {
  const kinds = flat(documents)
    .map(({ value }) => fieldsOf(value))
    .map(({ apiVersion, kind }) => ({ apiVersion: textOf(apiVersion), kind: textOf(kind) }))
    .filter(({ apiVersion, kind }) => apiVersion !== '' && kind !== '')
  return [...new Map(kinds.map((kind) => [`${kind.apiVersion} ${kind.kind}`, kind])).values()]
}

/** Kinds that the manifests define themselves. */
const definedScopes = (found: readonly Found[]): ReadonlyMap<string, KindScope> =>
  new Map(
    found
      .map(({ value }) => fieldsOf(value))
      .filter(({ kind }) => kind === 'CustomResourceDefinition')
      .flatMap(({ spec }) => {
        const { group, names, scope, versions } = fieldsOf(spec)
        return itemsOf(versions).map((version): readonly [string, KindScope] => [
          `${textOf(group)}/${textOf(fieldsOf(version)['name'])} ${textOf(fieldsOf(names)['kind'])}`,
          scope === 'Cluster' ? 'cluster' : 'namespaced',
        ])
      }),
  )

const at = ({ file, line, value }: Found, found: Problem): ManifestFault => ({
  file,
  line,
  object: nameOf(value),
  ...found,
})

const repeated = (objects: readonly PreparedObject[]): readonly ManifestFault[] => {
  const seen = new Map<string, PreparedObject>()
  return objects.flatMap(({ file, line, object }) => {
    const key = objectKey(referenceOf(object))
    const first = seen.get(key)
    if (first === undefined) {
      seen.set(key, { file, line, object })
      return []
    }
    const found = problem(
      'is there twice',
      `${first.file}:${first.line} has it too, and only one of the two could count`,
      'remove one, or rename it',
    )
    return [at({ file, line, value: object }, found)]
  })
}

/** The objects with their images replaced, and the names that no image has. */
const pinned = (objects: readonly PreparedObject[], images: Readonly<Record<string, string>>) => {
  const met = new Set<string>()
  const replace = (image: string): string => {
    const { name } = readImageName(image)
    if (!Object.hasOwn(images, name)) return image
    met.add(name)
    return images[name] ?? image
  }
  const replaced = objects.map(({ object, ...place }) => ({ ...place, object: replaceImages(object, replace) }))
  return { replaced, unmet: Object.keys(images).filter((name) => !met.has(name)) }
}

const ruleFault = (name: string, { what, why, hint }: Problem): ManifestFault => ({
  file: 'images',
  line: 1,
  object: name,
  what,
  why,
  hint,
})

const digestFaults = (images: Readonly<Record<string, string>>): readonly ManifestFault[] =>
  Object.entries(images)
    .filter(([, image]) => !isPinned(image))
    .map(([name]) =>
      ruleFault(
        name,
        problem(
          'is replaced by an image without a digest',
          'a tag may name another image tomorrow, and nobody could tell what was deployed',
          'write <name>=<repository>@sha256:<digest>',
        ),
      ),
    )

/**
 * The objects of a release from what was rendered, in the order of applying: lists taken apart, images replaced, a namespace
 * where one belongs, nothing that only a server writes. Or everything that is wrong with them.
 */
export const prepareObjects = (documents: readonly RenderedDocument[], rules: ManifestRules): Prepared => {
  const found = flat(documents)
  const defined = definedScopes(found)
  const scopeOf = ({ apiVersion, kind }: ObjectKind) =>
    defined.get(`${apiVersion} ${kind}`) ?? rules.scopeOf({ apiVersion, kind })
  const checked = found.map((one) => {
    const shape = shapeProblems(one.value)
    if (shape.length > 0) return { faults: shape.map((wrong) => at(one, wrong)), objects: [] }
    const value = one.value as KubernetesObject
    const scope = scopeOf(value)
    const object = normal(value, scope, rules.namespace)
    const faults = scopeProblems(object, scope, rules).map((wrong) => at(one, wrong))
    return { faults, objects: [{ file: one.file, line: one.line, object }] }
  })
  const objects = checked.flatMap((one) => one.objects)
  const { replaced, unmet } = pinned(objects, rules.images)
  const unmetFaults = unmet.map((name) =>
    ruleFault(
      name,
      problem(
        'is no image of the manifests',
        'the release would go on with the image that was there before',
        'write the name as the manifests do, with its registry and without tag',
      ),
    ),
  )
  const [first, ...more] = [
    ...(found.length === 0
      ? [
          {
            file: documents[0]?.file ?? 'manifests',
            line: 1,
            object: 'nothing',
            ...problem('is there to deploy', 'the manifests hold no object', 'check the path'),
          },
        ]
      : []),
    ...checked.flatMap(({ faults }) => faults),
    ...repeated(objects),
    ...digestFaults(rules.images),
    ...unmetFaults,
  ]
  return first === undefined
    ? { kind: 'ok', objects: inApplyOrder(replaced, ({ object }) => object) }
    : { kind: 'faults', faults: [first, ...more] }
}

/** All faults of the manifests as one error. */
export const manifestError = (faults: Extract<Prepared, { readonly kind: 'faults' }>['faults']): ActionError => {
  const [{ file, line, object, what, why, hint }] = faults
  const more = faults.length - 1
  return new ActionError({
    code: 'E-MANIFEST',
    kind: 'user',
    what: `${file}:${line}: ${object} ${what}${more === 0 ? '' : `, and ${more} more`}`,
    why,
    hint,
    locations: faults.map((fault) => ({
      file: fault.file,
      line: fault.line,
      text: `${fault.object} ${fault.what}: ${fault.why}; ${fault.hint}`,
    })),
  })
}
