import { type Diagnosis, type FailureClass, objectName, type ObjectReference, type Refusal } from '@mlops/core'

/** Managers that own fields which the write would change. */
export const conflictingManagers = ({ causes }: Refusal): readonly string[] => [
  ...new Set(causes.flatMap(({ message }) => /conflict with "([^"]+)"/.exec(message)?.[1] ?? [])),
]

export const isConflict = ({ status, causes }: Refusal): boolean =>
  status === 409 && causes.some(({ reason }) => reason === 'FieldManagerConflict')

export const isImmutable = ({ status, message }: Refusal): boolean =>
  status === 422 && /field is immutable|updates to statefulset spec for fields other than/i.test(message)

/** Of what is quoted in a sentence; all of it is in the sightings. */
const LONGEST = 300

const ADVICE: Readonly<Partial<Record<FailureClass, string>>> = {
  conflict: 'Let the other one give the field up, remove it from the manifests, or set conflicts: force.',
  'immutable-field': 'Put the field back as it is in the cluster, or give the object another name.',
  'quota-exceeded': 'Raise the quota, or ask for less.',
  'admission-denied': 'Change the object so that the rule allows it, or have the rule changed.',
  'admission-unavailable': 'Look at the webhook: it must answer before anything can be written.',
  'rbac-forbidden': 'Grant the right: see the Role in docs/iam.',
  'namespace-gone': 'Create the namespace, or correct its name.',
  'invalid-object': 'Correct the field in the manifests.',
}

const classOf = (refusal: Refusal): FailureClass => {
  const { status, message } = refusal
  if (isConflict(refusal)) return 'conflict'
  if (isImmutable(refusal)) return 'immutable-field'
  if (/exceeded quota/.test(message)) return 'quota-exceeded'
  if (/failed calling webhook/.test(message)) return 'admission-unavailable'
  if (/admission webhook|denied the request|violates PodSecurity|ValidatingAdmissionPolicy/.test(message))
    return 'admission-denied'
  if (/namespaces? .*(not found|being terminated)/.test(message)) return 'namespace-gone'
  if (status === 403) return /User "[^"]*" cannot/.test(message) ? 'rbac-forbidden' : 'admission-denied'
  return 'invalid-object'
}

const clipped = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text)

const sentenceOf = (failureClass: FailureClass, reference: ObjectReference, refusal: Refusal): string => {
  const name = objectName(reference)
  const fields = [...new Set(refusal.causes.map(({ field }) => field).filter((field) => field !== ''))].join(', ')
  if (failureClass === 'conflict')
    return `${conflictingManagers(refusal).join(', ')} owns ${fields === '' ? 'fields' : fields} of ${name}.`
  if (failureClass === 'immutable-field') return `${fields === '' ? 'A field' : fields} of ${name} cannot be changed.`
  if (failureClass === 'rbac-forbidden') return `${name} may not be written.`
  if (failureClass === 'namespace-gone') return `The namespace of ${name} is not there, or is being deleted.`
  return `The API server refuses ${name}${fields === '' ? '' : ` because of ${fields}`}: ${clipped(refusal.message)}`
}

/** Why the API server did not take an object. */
export const refusedWrite = (reference: ObjectReference, refusal: Refusal): Diagnosis => {
  const failureClass = classOf(refusal)
  return {
    failureClass,
    object: reference,
    sentence: sentenceOf(failureClass, reference, refusal),
    advice: ADVICE[failureClass] ?? 'Look at what the API server says.',
    sightings: [{ from: 'API server', reason: refusal.reason, message: refusal.message }],
  }
}
