import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { chmodSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import {
  folderOf,
  IMAGE_REPOSITORY,
  imagesIn,
  imageStep,
  openWorld,
  putImage,
  putModel,
  runStep,
  tagsIn,
  type World,
} from '@mlops/testing'

/** Stands in for `docker`: no engine is on the machines that test this. It hands over how it was called, and does as told. */
const DOCKER = `#!/usr/bin/env node
const { readFileSync, writeFileSync } = require('node:fs')
const args = process.argv.slice(2)
if (args[1] === 'version') process.exit(0)
const login = JSON.parse(readFileSync(process.env.DOCKER_CONFIG + '/config.json', 'utf8'))
fetch(process.env.STAND_IN, { method: 'POST', body: JSON.stringify({ args, login }) })
  .then((answer) => answer.json())
  .then(({ digest, said }) => {
    console.log(said)
    if (digest === undefined) process.exit(1)
    writeFileSync(args[args.indexOf('--metadata-file') + 1], JSON.stringify({ 'containerimage.digest': digest }))
  })
`

interface Build {
  readonly args: readonly string[]
  readonly login: { readonly auths: Readonly<Record<string, { readonly auth: string }>> }
}

let world: World
let server: Server
let builds: Build[]
let answer: (build: Build) => Promise<{ readonly digest?: string; readonly said: string }>

const valuesOf = ({ args }: Build, option: string) =>
  Object.fromEntries(
    args.flatMap((argument, index) => {
      if (args[index - 1] !== option) return []
      return [[argument.slice(0, argument.indexOf('=')), argument.slice(argument.indexOf('=') + 1)] as const]
    }),
  )

/** What the real one would push, as far as it matters here: an image with the labels that were asked for. */
const pushes = async (build: Build) => ({
  digest: await putImage(
    world,
    { built: String(builds.length) },
    { repository: IMAGE_REPOSITORY, config: { Labels: valuesOf(build, '--label') } },
  ),
  said: 'built',
})

beforeAll(async () => {
  world = await openWorld({ action: 'build-push-image', python: prepareLocalCloud() })
  builds = []
  answer = pushes
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const build = JSON.parse(await text(request)) as Build
    builds.push(build)
    response.end(JSON.stringify(await answer(build)))
  }
  server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
}, 120_000)
afterAll(async () => {
  server.close()
  await world.close()
})

/** A step whose context holds a Dockerfile, on a machine with the stand-in. */
const engineStep = (inputs: Parameters<typeof imageStep>[1], dockerfile: string) => {
  const bin = folderOf({ docker: DOCKER })
  chmodSync(join(bin, 'docker'), 0o755)
  const { port } = server.address() as AddressInfo
  return imageStep(
    world,
    { entrypoint: '', ...inputs },
    {
      workspace: folderOf({ Dockerfile: dockerfile }),
      environment: { PATH: `${bin}:${dirname(process.execPath)}`, STAND_IN: `http://127.0.0.1:${port}` },
    },
  )
}

test('an engine builds a Dockerfile with the model at hand, and the image is scanned and tagged as any other', async () => {
  const model = await putModel(world, 'basket-sensitivity-engine', { 'model.joblib': 'model' })
  let seen = ''
  answer = (build) => {
    seen = readFileSync(join(valuesOf(build, '--build-context')['model'] ?? '', 'model.joblib'), 'utf8')
    return pushes(build)
  }
  const inputs = { model, environment: 'staging', 'build-args': 'VARIANT=slim' }
  const { code, outputs } = await runStep(engineStep(inputs, 'FROM scratch\n'))
  expect([code, outputs['status'], seen]).toEqual([0, 'pushed', 'model'])
  const [build] = builds.splice(0)
  if (build === undefined) throw new Error('nothing was built')
  expect(valuesOf(build, '--build-arg')).toEqual({
    MODEL_URI: expect.stringMatching(/^s3:.*model\.tar\.gz$/) as unknown,
    ENV: 'staging',
    BUILD_ID: 'build-17-abcdef0',
    VARIANT: 'slim',
  })
  expect(valuesOf(build, '--label')).toMatchObject({ 'mlops.model-package-arn': model })
  expect(build.args).toEqual(expect.arrayContaining(['--provenance=false', '--sbom=false', 'linux/amd64']))
  expect(build.args.join(' ')).toContain(`/${IMAGE_REPOSITORY},push=true,push-by-digest=true`)
  const [auth] = Object.values(build.login.auths)
  expect(Buffer.from(auth?.auth ?? '', 'base64').toString()).toMatch(/^AWS:.{20}/)
  const tagged = (await imagesIn(world)).filter(({ imageTags = [] }) => imageTags.includes(outputs['tag'] ?? ''))
  expect(tagged).toMatchObject([{ imageDigest: outputs['digest'] }])
}, 60_000)

test('the same ingredients are not built again', async () => {
  answer = pushes
  const step = engineStep({}, 'FROM scratch\n# again\n')
  const [first, second] = [await runStep(step), await runStep(step)]
  expect([first.outputs['reused'], second.outputs['reused'], builds.splice(0).length]).toEqual(['false', 'true', 1])
  expect(second.outputs['digest']).toBe(first.outputs['digest'])
}, 60_000)

test('what the engine says when it fails is shown, and nothing is tagged', async () => {
  const before = await tagsIn(world)
  answer = () => Promise.resolve({ said: 'ERROR: failed to solve: no such file\n::set-output name=x::y' })
  const { code, annotations, outputs, log } = await runStep(engineStep({}, 'FROM scratch\n# fails\n'))
  expect([code, annotations[0]?.message]).toEqual([1, expect.stringContaining('no such file')])
  expect(log).toContain('::set-output name=x::y')
  expect(outputs['x']).toBeUndefined()
  expect(await tagsIn(world)).toEqual(before)
}, 60_000)
