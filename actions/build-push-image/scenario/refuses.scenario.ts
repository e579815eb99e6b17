import { BatchDeleteImageCommand } from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  archiveOfTexts,
  baseReference,
  ecrOf,
  folderOf,
  IMAGE_REPOSITORY,
  imagesIn,
  imageStep,
  openWorld,
  packagesOf,
  putImage,
  putModel,
  runStep,
  tagsIn,
  type World,
} from '@mlops/testing'

let world: World
beforeAll(async () => {
  // A repository that the policy does not name is asked for on purpose.
  world = await openWorld({ action: 'build-push-image', python: prepareLocalCloud(), denied: ['ecr:BatchGetImage'] })
}, 120_000)
afterAll(() => world.close())

type Step = Parameters<typeof imageStep>

/** Runs a step that must be refused, and that must leave the repository as it was. */
const refused = async (inputs: Step[1], more?: Step[2]) => {
  const before = await imagesIn(world)
  const done = await runStep(imageStep(world, inputs, more))
  expect(await imagesIn(world)).toEqual(before)
  expect(done.code).toBe(1)
  return done.annotations.map(({ message }) => message).join('\n')
}

test('a tag of another image is never moved', async () => {
  const first = await runStep(imageStep(world, {}))
  const { tag = '', digest = '' } = first.outputs
  const deleting = { repositoryName: IMAGE_REPOSITORY, imageIds: [{ imageDigest: digest }] }
  await ecrOf(world).send(new BatchDeleteImageCommand(deleting))
  const theirs = await putImage(world, { 'app/serve.py': 'something else' }, { repository: IMAGE_REPOSITORY, tag })
  expect(await refused({})).toContain(`E-TAG: the tag ${tag} of ${IMAGE_REPOSITORY} belongs to another image`)
  expect(await imagesIn(world)).toMatchObject([{ imageDigest: theirs, imageTags: [tag] }])
}, 60_000)

test('a base image that is not there is named', async () => {
  const digest = `sha256:${'0'.repeat(64)}`
  expect(await refused({ 'base-image': baseReference(digest) })).toContain(
    `E-IMAGE: the base image base/python@${digest} is not there`,
  )
}, 60_000)

test('a base image that expired is named too', async () => {
  const digest = await putImage(world, { old: 'base' })
  await world.control.expireImage('base/python', digest)
  expect(await refused({ 'base-image': baseReference(digest) })).toContain('E-IMAGE')
}, 60_000)

test('a repository that the policy does not name is denied', async () => {
  const done = await runStep(imageStep(world, { repository: 'retail/nowhere' }))
  expect([done.code, done.annotations[0]?.message]).toEqual([1, expect.stringContaining('E-ACCESS')])
}, 60_000)

test.each(['PendingManualApproval', 'Rejected'] as const)(
  'a model that is %s is refused',
  async (status) => {
    const arn = await putModel(world, `basket-sensitivity-${status}`, { model: status }, { status })
    expect(await refused({ model: arn })).toContain('E-NOT-APPROVED')
  },
  60_000,
)

test('a model that was found unhealthy in this environment is refused there', async () => {
  const metadata = { 'health:prod': 'unhealthy' }
  const arn = await putModel(world, 'basket-sensitivity-unhealthy', { model: 'unhealthy' }, { metadata })
  expect(await refused({ model: arn, environment: 'prod' })).toContain('E-NOT-APPROVED')
  expect((await runStep(imageStep(world, { model: arn, environment: 'staging' }))).code).toBe(0)
}, 60_000)

test('a model that was replaced after its approval is refused', async () => {
  const arn = await putModel(world, 'basket-sensitivity-replaced', { model: 'approved' })
  const [found] = await packagesOf(world, 'basket-sensitivity-replaced')
  const place = found?.InferenceSpecification?.Containers?.[0]?.ModelDataUrl ?? ''
  await world.put(place, await archiveOfTexts({ model: 'another' }))
  expect(await refused({ model: arn })).toContain('E-DIGEST')
}, 60_000)

test('a model archive that leads out is refused', async () => {
  const arn = await putModel(world, 'basket-sensitivity-hostile', { '../../escaped': 'x' })
  expect(await refused({ model: arn })).toContain('E-ARCHIVE: the model archive is refused')
}, 60_000)

test('a selector that fits nothing says so', async () => {
  await putModel(world, 'basket-sensitivity-none', { model: 'none' })
  expect(await refused({ model: 'basket-sensitivity-none@champion' })).toContain('E-NO-MODEL')
}, 60_000)

test('a Dockerfile without an engine says what is missing', async () => {
  const workspace = folderOf({ Dockerfile: 'FROM scratch\n' })
  const PATH = folderOf({ nothing: '' })
  expect(await refused({ entrypoint: '' }, { workspace, environment: { PATH } })).toContain(
    'E-NO-ENGINE: the context holds a Dockerfile',
  )
}, 60_000)

test.each(['API_TOKEN', 'aws_secret_access_key', 'PASSWORD'])(
  '%s is refused as a build argument',
  async (name) => {
    expect(await refused({ 'build-args': `${name}=x` })).toContain(`E-INPUT: input build-args holds ${name}`)
  },
  60_000,
)

test('build arguments that nothing would use are refused', async () => {
  expect(await refused({ 'build-args': 'VARIANT=slim' })).toContain('E-INPUT: build-args stands without a Dockerfile')
}, 60_000)

test('latest and healthy are never set', async () => {
  expect((await tagsIn(world)).filter((tag) => /^(latest|healthy)/.test(tag))).toEqual([])
})
