import type { KubernetesObject } from './kubernetes-object.ts'
import type { ReleaseFacts } from './plan.ts'

/** What `app.kubernetes.io/managed-by` says of our objects. */
const MANAGED_BY = 'mlops-actions'
export const RELEASE_ANNOTATION = 'mlops/release'
const VERSION_LABEL = 'app.kubernetes.io/version'
const MANAGED_LABEL = 'app.kubernetes.io/managed-by'

/** Said anew by each release: no change by themselves. */
const OF_EACH_RELEASE: ReadonlySet<string> = new Set([
  'kubernetes.io/change-cause',
  'mlops/git-sha',
  'mlops/run-url',
  'mlops/revision',
  'mlops/model-package-arn',
])

/** A label's value: at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends. */
const labelValue = (text: string) =>
  text
    .replaceAll(/[^\w.-]/g, '-')
    .slice(0, 63)
    .replaceAll(/^[^a-zA-Z0-9]+|[^a-zA-Z0-9]+$/g, '')

const present = (fields: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))

/**
 * The object with the labels and annotations of its release. Labels that the manifests have stay as they are; templates of
 * pods and selectors are not touched, for that would replace pods or orphan them.
 */
export const stamped = (object: KubernetesObject, facts: ReleaseFacts, revision: number): KubernetesObject => {
  const { labels = {}, annotations = {} } = object.metadata
  const { release, appVersion, commit, repository, runUrl, modelPackageArn } = facts
  const stampedLabels = {
    'app.kubernetes.io/name': labelValue(release),
    'app.kubernetes.io/instance': labelValue(release),
    'app.kubernetes.io/part-of': labelValue(repository.slice(repository.lastIndexOf('/') + 1)),
    [VERSION_LABEL]: labelValue(appVersion),
  }
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: {
        ...Object.fromEntries(Object.entries(stampedLabels).filter(([, value]) => value !== '')),
        ...labels,
        [MANAGED_LABEL]: MANAGED_BY,
      },
      annotations: {
        ...annotations,
        ...present({
          'kubernetes.io/change-cause': `${repository}@${commit.slice(0, 7)} ${runUrl}`,
          'mlops/git-sha': commit,
          'mlops/run-url': runUrl,
          [RELEASE_ANNOTATION]: release,
          'mlops/revision': String(revision),
          'mlops/model-package-arn': modelPackageArn,
        }),
      },
    },
  }
}

const without = (fields: Readonly<Record<string, string>> | undefined, left: (key: string) => boolean) =>
  Object.fromEntries(Object.entries(fields ?? {}).filter(([key]) => !left(key)))

/** The object without what each release says anew of itself: what is left differs only when the release does. */
export const withoutStamps = (object: KubernetesObject): KubernetesObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    labels: without(object.metadata.labels, (key) => key === VERSION_LABEL),
    annotations: without(object.metadata.annotations, (key) => OF_EACH_RELEASE.has(key)),
  },
})
