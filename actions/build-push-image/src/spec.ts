import { awsInputs, bad, defineAction, input, type InputsOf, needs, ok, output, rule } from '@mlops/action-kit'
import {
  buildArgumentProblem,
  ENVIRONMENTS,
  parseEcrImage,
  parseGroup,
  parsePackageArn,
  parseRepository,
  parseSelector,
  SEVERITIES,
  SELECTOR_WORDS,
} from '@mlops/core'

type Texts = Readonly<Record<string, string>>
const texts = (value: unknown) => (value ?? {}) as Texts

/** What a container starts, word by word: no shell ever splits it. */
const words = (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string')
    ? ok(value as readonly string[])
    : bad('is not a list of texts', 'each word of a command stands alone', 'write it like ["python", "-m", "serve"]')

export const PLACEHOLDER = 'placeholder'

const isModel = (text: string) => {
  const at = text.lastIndexOf('@')
  if (text === PLACEHOLDER || parsePackageArn(text) !== undefined) return true
  return at > 0 && parseGroup(text.slice(0, at)) !== undefined && parseSelector(text.slice(at + 1)) !== undefined
}

const REPOSITORY = 'arn:<partition>:ecr:<region>:<account>:repository/<image-repository>'

export const spec = defineAction({
  id: 'build-push-image',
  name: 'Build and push an image with an approved model',
  description:
    'Puts an image together from a base, a folder and an approved model, the same on every machine and without a Docker engine; pushes it to ECR and tags it only when its scan lets it pass.',
  branding: { icon: 'package', color: 'blue' },
  post: true,
  inputs: {
    ...awsInputs,
    repository: input.string({
      help: 'Repository of ECR, by name or URI. Its tags should be IMMUTABLE_WITH_EXCLUSION for `latest-*`.',
      required: true,
    }),
    context: input.string({
      help: 'Folder whose files become `/app` of the image; .dockerignore is honoured. With a Dockerfile in it, a Docker engine builds it instead.',
      default: '.',
    }),
    model: input.string({
      help: 'ARN of an approved model package, `<group>@<selector>` (champion, latest-approved, previous-approved or a version), or `placeholder` for an image without a model, in dev only. It becomes `/opt/ml/model`.',
      required: true,
    }),
    environment: input.oneOf(ENVIRONMENTS, {
      help: 'Environment whose champion is meant, and whose unhealthy packages are passed over.',
      required: true,
    }),
    'base-image': input.image({
      help: 'Image in ECR that it is built on, by digest. Without one the image holds no operating system and no interpreter: enough for the local cluster, which runs it with those of the machine.',
    }),
    entrypoint: input.json(words, { help: "What a container starts, as JSON list. Falls back to the base image's." }),
    cmd: input.json(words, { help: 'Its arguments, as JSON list.' }),
    port: input.integer({ help: 'Port that the service listens on.', default: '8080', min: 1, max: 65_535 }),
    'build-args': input.keyValues({
      help: 'Build arguments of a Dockerfile, beside MODEL_URI, BUILD_ID and ENV, which are always given. Never secrets.',
    }),
    scan: input.oneOf(['ecr', 'none'], {
      help: '`ecr` lets an image pass only when a scan of ECR says nothing against it; `none` asks nobody.',
      default: 'ecr',
    }),
    severities: input.list({ help: 'Severities that forbid an image.', default: 'HIGH,CRITICAL' }),
    'ignore-file': input.string({
      help: 'YAML list of vulnerabilities that are let pass for a while, each with id, reason and expires.',
    }),
    'fixable-only': input.boolean({
      help: 'Let pass what no update would cure. What the scanner does not say counts as curable.',
      default: 'false',
    }),
    'scan-timeout': input.duration({ help: 'How long a scan may take.', default: '10m' }),
  },
  rules: [
    rule(['repository'], '`repository` is the name or URI of a repository in ECR.', (values) =>
      parseRepository(String(values['repository'])) === undefined
        ? {
            what: `is ${String(values['repository']).slice(0, 80)}`,
            why: 'ECR takes lower-case letters and digits with inner . _ - and /',
            hint: 'write a name such as retail/basket-sensitivity, without a tag',
          }
        : undefined,
    ),
    rule(['model'], '`model` is the ARN of a package, `<group>@<selector>`, or `placeholder`.', (values) =>
      isModel(String(values['model']))
        ? undefined
        : {
            what: `is ${String(values['model']).slice(0, 80)}`,
            why: 'it names no model package',
            hint: `write it like basket-sensitivity@champion; selectors are ${SELECTOR_WORDS}`,
          },
    ),
    rule(['model', 'environment'], 'Only dev takes `model: placeholder`.', ({ model, environment }) =>
      model !== PLACEHOLDER || environment === 'dev'
        ? undefined
        : {
            what: 'is placeholder',
            why: `an image without a model is not for ${String(environment)}`,
            hint: 'name an approved package',
          },
    ),
    rule(['base-image'], '`base-image` is an image in ECR, by digest.', (values) => {
      const given = values['base-image']
      if (typeof given !== 'string' || parseEcrImage(given)?.digest !== undefined) return undefined
      return {
        what: `is ${given.slice(0, 80)}`,
        why:
          parseEcrImage(given) === undefined
            ? 'a base is read through the API of ECR'
            : 'a tag may name another image tomorrow, and nobody could build this one again',
        hint: 'write it like <account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<digest>',
      }
    }),
    rule(['build-args'], 'No secrets in `build-args`; MODEL_URI, BUILD_ID and ENV are given.', (values) =>
      buildArgumentProblem(texts(values['build-args'])),
    ),
    rule(['severities'], `\`severities\` are some of ${SEVERITIES.join(', ')}.`, (values) => {
      const list = values['severities'] as readonly string[]
      const unknown = list.find((one) => !SEVERITIES.some((severity) => severity === one))
      if (list.length > 0 && unknown === undefined) return undefined
      return {
        what: unknown === undefined ? 'is empty' : `holds ${unknown}`,
        why: unknown === undefined ? 'then no scan could forbid anything' : 'ECR knows no such severity',
        hint: unknown === undefined ? 'name some, or choose scan: none' : `choose of ${SEVERITIES.join(', ')}`,
      }
    }),
    needs('cmd', 'entrypoint', 'they belong together'),
  ],
  outputs: {
    image: output.string('The image as `<repository URI>@<digest>`, which is what to deploy.'),
    digest: output.string('`sha256:<hex>` of its manifest.'),
    tag: output.string('Its tag, `<first 7 of the commit>-m<package version>-<key>`; empty when it has none.'),
    tags: output.json('The tags that this action has put or found, as list.'),
    reused: output.boolean('Whether the same image was there already.'),
    'model-package-arn': output.arn('The package whose model is in the image; empty for a placeholder.'),
    'vulnerability-counts': output.json('How many vulnerabilities were found, by severity.'),
    'scan-status': output.string("ECR's word for how the scan ended, `TIMED_OUT`, or `none` when none was asked for."),
    'layers-uploaded': output.number('How many layers were not in the repository yet.'),
    'bytes-uploaded': output.number('How many bytes were sent.'),
  },
  permissions: {
    token: [
      { scope: 'id-token', access: 'write', why: 'to assume role-to-assume; not needed with ambient credentials' },
    ],
    aws: [
      {
        sid: 'FindPackages',
        actions: ['sagemaker:ListModelPackages'],
        resources: ['*'],
        why: 'to find the package of a selector; it has no resource of its own',
      },
      {
        sid: 'SeePackages',
        actions: ['sagemaker:DescribeModelPackage'],
        resources: ['arn:<partition>:sagemaker:<region>:<account>:model-package/<model-package-group>/*'],
        why: 'to see whether the package is approved, and where its model lies',
      },
      {
        sid: 'ReadModel',
        actions: ['s3:GetObject'],
        resources: ['arn:<partition>:s3:::<data-bucket>/*/model.tar.gz'],
        why: 'to bring the model here and compare its digest with the registered one',
      },
      {
        sid: 'ListData',
        actions: ['s3:ListBucket'],
        resources: ['arn:<partition>:s3:::<data-bucket>'],
        why: 'to tell a missing model from a forbidden one',
      },
      {
        sid: 'ReadImages',
        actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        resources: [REPOSITORY, 'arn:<partition>:ecr:<region>:<account>:repository/<base-repository>'],
        why: 'to see whether the image is there already, and to read the base image',
      },
      {
        sid: 'Push',
        actions: [
          'ecr:BatchCheckLayerAvailability',
          'ecr:CompleteLayerUpload',
          'ecr:InitiateLayerUpload',
          'ecr:PutImage',
          'ecr:UploadLayerPart',
        ],
        resources: [REPOSITORY],
        why: 'to push the layers that are missing, the image and its tag',
      },
      {
        sid: 'Scan',
        actions: ['ecr:DescribeImageScanFindings', 'ecr:StartImageScan'],
        resources: [REPOSITORY],
        why: 'to judge the image by its vulnerabilities; not needed with `scan: none`',
      },
      {
        sid: 'LogIn',
        actions: ['ecr:GetAuthorizationToken'],
        resources: ['*'],
        why: 'for a Docker engine to log in; not needed without a Dockerfile',
      },
    ],
  },
})

export type Spec = typeof spec
export type Inputs = InputsOf<Spec>
