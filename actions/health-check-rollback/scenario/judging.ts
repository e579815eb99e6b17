import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  type StateValue,
} from '@aws-sdk/client-cloudwatch'
import { createHash, randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { expect } from '@jest/globals'
import type { ReleaseRecord } from '@mlops/core'
import {
  type ClusterWorld,
  deployStep,
  healthCheckStep,
  type ManifestObject,
  manifestFolder,
  modelServer,
  type Namespace,
  packagesOf,
  putPackage,
  putService,
  REGION,
  runStep,
  type ServiceImage,
  type StepOptions,
} from '@mlops/testing'
import { stringify } from 'yaml'

type Texts = Readonly<Record<string, string>>

/** A release under test: a namespace of its own and a group of packages of its own. */
export interface Place {
  readonly namespace: Namespace
  readonly group: string
}

export const newPlace = async (world: ClusterWorld): Promise<Place> => ({
  namespace: await world.namespace(),
  group: `basket-sensitivity-${randomBytes(4).toString('hex')}`,
})

/** What the small model server answers when it is good (service.cjs). */
const GOLDEN = [
  { basket: [1, 2, 4], prediction: 'Medium' },
  { basket: [1, 2, 3], prediction: 'Low' },
  { basket: [1, 1], prediction: 'High' },
] as const

const goldenText = (version: string) =>
  GOLDEN.map(({ basket, prediction }, index) =>
    JSON.stringify({
      id: `basket-${index}`,
      request: { basket },
      response: { prediction, model_version: version },
    }),
  ).join('\n')

/** Registers a model with its golden answers; gives its ARN. */
const putJudged = async (world: ClusterWorld, { group }: Place, version: string): Promise<string> => {
  const text = goldenText(version)
  const uri = `s3://mlops-dev/golden/${group}/${version}/golden.jsonl`
  await world.put(uri, text)
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`
  return putPackage(world, group, { metadata: { 'golden-uri': uri, 'golden-digest': digest } })
}

export interface Released {
  readonly image: string
  readonly arn: string
}

/** An image of a version of the service whose label names its model. */
export const putVersion = async (world: ClusterWorld, place: Place, image: ServiceImage): Promise<Released> => {
  const arn = await putJudged(world, place, image.version ?? '1')
  return { arn, image: await putService(world, { ...image, labels: { 'mlops.model-package-arn': arn } }) }
}

/** Deploys objects of the release with deploy-eks: as an administrator, so that only the health check needs its rights. */
export const deployObjects = async (
  world: ClusterWorld,
  { namespace }: Place,
  objects: readonly ManifestObject[],
  inputs: Texts = {},
  ends = 0,
): Promise<void> => {
  const { code, text } = await runStep(
    deployStep(
      world,
      namespace,
      manifestFolder(objects),
      { kubeconfig: world.cluster.kubeconfig, ...inputs },
      { environment: world.administrator },
    ),
  )
  expectCode(text, code, ends)
}

/** Deploys a version of the model server. */
export const deployVersion = async (
  world: ClusterWorld,
  place: Place,
  image: ServiceImage,
  inputs: Texts = {},
): Promise<Released> => {
  const released = await putVersion(world, place, image)
  await deployObjects(world, place, modelServer('model', 'model'), { images: `model=${released.image}`, ...inputs })
  return released
}

/** A checks file; a test says what it is about. */
const checksText = (more: object = {}): string =>
  stringify({
    version: 1,
    target: { service: 'model:http' },
    checks: [
      { name: 'alive', path: '/health', interval: '100ms', expect: { json: [{ path: '$.status', value: 'ok' }] } },
      { name: 'predicts', path: '/predict', interval: '100ms', latency: '5s', expect: { golden: true } },
    ],
    bake: '0s',
    ...more,
  })

/** A health check of what was deployed last; a test says what it is about. */
export const judgeStep = (
  world: ClusterWorld,
  { namespace }: Place,
  checks: object = {},
  inputs: Texts = {},
  more: Partial<StepOptions> = {},
): StepOptions =>
  healthCheckStep(world, namespace, manifestFolder([], { 'checks.yml': checksText(checks) }), inputs, more)

/** A release record as it lies in the cluster; undefined when there is none. */
export const recordOf = async ({ namespace }: Place, revision: number): Promise<ReleaseRecord | undefined> => {
  const secret = await namespace.get<{ readonly data: Texts }>('Secret', `mlops-release.model.v${revision}`)
  if (secret === undefined) return undefined
  return JSON.parse(gunzipSync(Buffer.from(secret.data['record'] ?? '', 'base64')).toString()) as ReleaseRecord
}

/** `1 deployed healthy`, … of all records there are, oldest first. */
export const standings = async (place: Place): Promise<readonly string[]> => {
  const found = await Promise.all([1, 2, 3, 4, 5].map((revision) => recordOf(place, revision)))
  return found.flatMap((record) =>
    record === undefined ? [] : [`${record.revision} ${record.status} ${record.health}`],
  )
}

export const versionOf = async ({ namespace }: Place): Promise<unknown> =>
  ((await namespace.ask('model:http', '/version')).body as { readonly model_version?: unknown }).model_version

/** What the registry says of the packages of the release: approval, and the marks of champions and failures. */
export const marksOf = async (world: ClusterWorld, { group }: Place): Promise<readonly string[]> =>
  (await packagesOf(world, group)).map(({ ModelApprovalStatus, CustomerMetadataProperties: metadata = {} }) =>
    [
      ModelApprovalStatus,
      ...Object.keys(metadata).filter((key) => key.startsWith('champion:') || key.startsWith('health:')),
    ].join(' '),
  )

const alarmClient = ({ cloud }: ClusterWorld) =>
  new CloudWatchClient({
    region: REGION,
    endpoint: cloud.endpoint,
    credentials: { accessKeyId: 'AKIALOCALADMIN000000', secretAccessKey: 'local-admin' },
  })

/** An alarm of its own name that is quiet; without data it stays as it is. */
export const putAlarm = async (world: ClusterWorld): Promise<string> => {
  const name = `errors-${randomBytes(4).toString('hex')}`
  await alarmClient(world).send(
    new PutMetricAlarmCommand({
      AlarmName: name,
      Namespace: 'MLOps/Serving',
      MetricName: 'ErrorRate',
      Dimensions: [{ Name: 'service', Value: name }],
      Statistic: 'Average',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'ignore',
    }),
  )
  await setAlarm(world, name, 'OK')
  return name
}

export const setAlarm = async (world: ClusterWorld, name: string, state: StateValue): Promise<void> => {
  await alarmClient(world).send(
    new SetAlarmStateCommand({ AlarmName: name, StateValue: state, StateReason: `ErrorRate was set to ${state}` }),
  )
}

/** Who has the lock of the release; empty when nobody has. */
export const holderOf = async ({ namespace }: Place): Promise<string> =>
  (await namespace.get<{ readonly spec: { readonly holderIdentity?: string } }>('Lease', 'mlops-deploy-model'))?.spec
    .holderIdentity ?? ''

/** Every write of a step since, as `verb resource`. */
export const writesSince = ({ namespace }: Place, before: number): readonly string[] =>
  namespace
    .writes()
    .slice(before)
    // What a probe posts to a service writes nothing.
    .filter(({ subresource }) => subresource !== 'proxy')
    .map(({ verb, resource }) => `${verb} ${resource}`)

export const expectCode = (text: string, code: number | undefined, wanted: number): void => {
  if (code !== wanted) throw new Error(`the step ended with ${code ?? 'a signal'}:\n${text}`)
  expect(code).toBe(wanted)
}
