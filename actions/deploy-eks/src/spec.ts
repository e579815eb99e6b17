import {
  awsInputs,
  defineAction,
  exactlyOne,
  type Fault,
  input,
  type InputsOf,
  output,
  releaseInputs,
  releaseRights,
  rule,
  type Values,
} from '@mlops/action-kit'
import { isPinned } from '@mlops/core'

/** Namespaces of Kubernetes itself. */
const PROTECTED = /^(default|kube-.*)$/

const protectedNamespace = (name: string): Fault | undefined =>
  PROTECTED.test(name)
    ? {
        what: `is ${name}`,
        why: 'it belongs to Kubernetes itself',
        hint: 'deploy to a namespace of your own',
      }
    : undefined

const imageFault = ({ images }: Values): Fault | undefined => {
  for (const [name, image] of Object.entries((images ?? {}) as Readonly<Record<string, string>>)) {
    if (image === '')
      return {
        code: 'E-EMPTY',
        what: `has no image for ${name}`,
        why: 'a job output that contains a masked secret is dropped by GitHub, so it arrives empty',
        hint: 'keep the account id in vars instead of secrets',
      }
    if (!isPinned(image))
      return {
        what: `has ${image.slice(0, 120)} for ${name}`,
        why: 'a tag may name another image tomorrow, and nobody could tell what was deployed',
        hint: 'write <name>=<repository>@sha256:<digest>; build-push-image gives it as output image',
      }
  }
  return undefined
}

export const spec = defineAction({
  id: 'deploy-eks',
  name: 'Deploy a release to Kubernetes',
  description:
    'Deploys manifests to EKS or another Kubernetes cluster, checks everything before it writes, names the cause when the rollout fails, and puts back every object as it was.',
  branding: { icon: 'upload-cloud', color: 'blue' },
  post: true,
  inputs: {
    ...awsInputs,
    ...releaseInputs,
    overlay: input.string({ help: 'Folder with a kustomization. Needs kustomize or kubectl on the PATH.' }),
    manifests: input.list({ help: 'Files or globs of plain manifests.' }),
    images: input.keyValues({
      help: 'Lines of `<name>=<repository>@<digest>`: every image of that name in the manifests is replaced. A name that none has is an error.',
    }),
    timeout: input.duration({
      help: 'How long the rollout may take; a rollback has as long again.',
      default: '15m',
    }),
    'on-failure': input.oneOf(['rollback', 'leave'], {
      help: 'Whether a failed release is undone.',
      default: 'rollback',
    }),
    'on-first-failure': input.oneOf(['remove', 'keep'], {
      help: 'What becomes of the objects of a first release that fails, as there is nothing to go back to.',
      default: 'remove',
    }),
    'on-cancel': input.oneOf(['rollback', 'leave'], {
      help: 'Whether a release is undone when the run is cancelled in the middle of it.',
      default: 'rollback',
    }),
    conflicts: input.oneOf(['fail', 'force'], {
      help: 'What to do when another field manager owns a field that the release sets: refuse, or take it over.',
      default: 'fail',
    }),
    prune: input.oneOf(['owned', 'none'], {
      help: 'Whether objects of earlier releases that are no longer in the manifests are deleted, after the rollout.',
      default: 'owned',
    }),
    'require-healthy-target': input.boolean({
      help: 'Roll back only to a release that health-check-rollback has found healthy.',
      default: 'false',
    }),
    'if-older': input.oneOf(['fail', 'allow'], {
      help: 'What to do when a newer commit is deployed and healthy already, as in a re-run of an old workflow.',
      default: 'fail',
    }),
    'allow-namespaces': input.list({ help: 'Other namespaces that objects of the release may name.' }),
    'record-secrets': input.boolean({
      help: 'Keep the values of Secrets in the release record, so that a rollback can restore them. Otherwise digests only.',
      default: 'false',
    }),
  },
  rules: [
    exactlyOne('cluster', 'kubeconfig'),
    exactlyOne('overlay', 'manifests'),
    rule(['namespace'], '`namespace` is none of Kubernetes itself.', ({ namespace }) =>
      protectedNamespace(String(namespace)),
    ),
    rule(['images'], '`images` are pinned by digest.', imageFault),
  ],
  outputs: {
    release: output.string('Name of the release.'),
    revision: output.number('Revision that was deployed, or was tried.'),
    'previous-revision': output.number('Revision that was there before; empty when there was none.'),
    'failed-workloads': output.json('Workloads that did not become ready, each with class, sentence and advice.'),
    'rendered-path': output.path(
      'The manifests as they were rendered, as one YAML file; values of Secrets as digests.',
    ),
    'diff-path': output.path('What changes in the cluster, object by object; values of Secrets as digests.'),
    'model-package-arn': output.arn('Model package whose model is in the images; empty when they name none.'),
  },
  permissions: {
    token: [
      { scope: 'id-token', access: 'write', why: 'to assume role-to-assume; not needed with ambient credentials' },
    ],
    aws: [
      {
        sid: 'FindCluster',
        actions: ['eks:DescribeCluster'],
        resources: ['arn:<partition>:eks:<region>:<account>:cluster/<cluster>'],
        why: 'to find the address of the cluster; not needed with `kubeconfig`',
      },
      {
        sid: 'ReadImages',
        actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        resources: ['arn:<partition>:ecr:<region>:<account>:repository/<image-repository>'],
        why: 'to see that the images are there, also those of a rollback, and whose model is in them',
      },
    ],
    cluster: [
      ...releaseRights,
      {
        sid: 'FindNamespace',
        groups: [''],
        resources: ['namespaces'],
        verbs: ['get'],
        clusterWide: true,
        why: 'to see before anything is written that the namespace is there',
      },
    ],
  },
})

export type Spec = typeof spec
export type Inputs = InputsOf<Spec>
