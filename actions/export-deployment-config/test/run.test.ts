import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { parseInputs } from '@mlops/action-kit'
import { locations } from '@mlops/aws'
import {
  ActionError,
  type DeploymentConfig,
  type HistoryEntry,
  type ModelPackage,
  type Objects,
  type RunIdentity,
  type S3Uri,
} from '@mlops/core'
import { fakeRegistry, objectsInMemory, stepContext } from '@mlops/testing'
import type { Ports } from '../src/ports.ts'
import { run } from '../src/run.ts'
import { spec } from '../src/spec.ts'

type Texts = Readonly<Record<string, string>>

const GIVEN: Texts = { 'model-package-group': 'basket', environment: 'prod', 's3-prefix': 's3://configs/basket/' }
const LATEST = 's3://configs/basket/prod/latest.json'
const HISTORY = 's3://configs/basket/prod/history.jsonl'

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

const inputsOf = (more: Texts) => {
  const variables = Object.entries({ ...GIVEN, ...more }).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  const parsed = parseInputs(spec, Object.fromEntries(variables) as Record<string, string>, { readText: () => '' })
  if (!parsed.ok) throw new Error(parsed.faults.map(({ code, input, what }) => `${code} ${input} ${what}`).join('; '))
  return parsed.inputs
}

const account = () => {
  const first = stepContext()
  const registry = fakeRegistry({ clock: first.clock })
  const store = objectsInMemory(['configs', 'models'])
  /** A package with its artifact, as register-model makes it. */
  const put = (more: Partial<ModelPackage> = {}) => {
    const version = registry.packages('basket').length + 1
    const modelDataUrl = `s3://models/${version}/model.tar.gz` as S3Uri
    store.put(modelDataUrl, `model ${version}`)
    const { metadata, ...rest } = more
    return registry.put('basket', {
      approvalStatus: 'Approved',
      modelDataUrl,
      ...rest,
      metadata: { 'metric:accuracy': '0.85', ...metadata },
    })
  }
  const go = async (inputs: Texts = {}, identity: Partial<RunIdentity> = {}, objects: Objects = store.objects) => {
    await first.clock.sleep(1000)
    const context = { ...stepContext(identity), clock: first.clock }
    const ports: Ports = { objects, places: locations(objects, context), registry: registry.registry }
    return run(inputsOf(inputs), ports, context)
  }
  const decide = (arn: ModelPackage['arn'], status: ModelPackage['approvalStatus']) =>
    registry.registry.update({ arn, approval: { status, description: status } })
  return {
    registry,
    store,
    put,
    go,
    decide,
    latest: () => JSON.parse(store.text(LATEST) ?? 'null') as DeploymentConfig | null,
    history: () =>
      (store.text(HISTORY) ?? '')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as HistoryEntry),
  }
}

const errorOf = async (done: Promise<unknown>): Promise<ActionError> => {
  const thrown = await done.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof ActionError)) throw new Error(`no ActionError, but ${String(thrown)}`)
  return thrown
}

describe('an export', () => {
  test('is written three times over: for itself, as the latest, and in the history', async () => {
    const { go, history, latest, put, store } = account()
    const found = put({ metadata: { 'golden-uri': 's3://models/golden.jsonl' } })
    const { outputs, status } = await go()
    expect(status).toBe('exported')
    expect(outputs).toMatchObject({
      'package-arn': found.arn,
      'package-version': '1',
      'selected-by': 'latest-approved',
      'latest-uri': LATEST,
      'golden-uri': 's3://models/golden.jsonl',
      changed: 'true',
      'previous-version': '',
    })
    expect(outputs['config-uri']).toMatch(/^s3:\/\/configs\/basket\/prod\/\d{8}T\d{6}Z-v1\.json$/)
    expect(store.text(outputs['config-uri'] ?? '')).toBe(store.text(LATEST))
    expect(latest()).toMatchObject({
      model_info: { version: 1 },
      performance_metrics: { metrics: { accuracy: 0.85 } },
    })
    expect(history()).toMatchObject([
      { actor: 'ada', kind: 'export', because: 'latest-approved', to: { version: 1 }, config: outputs['config-uri'] },
    ])
  })

  test('of the same package is not written again', async () => {
    const { go, history, put, store } = account()
    put()
    const first = await go()
    const before = [...store.written]
    expect(await go({}, { runId: '4712' })).toMatchObject({
      status: 'unchanged',
      outputs: { changed: 'false', 'config-uri': first.outputs['config-uri'], 'previous-version': '1' },
    })
    expect(store.written).toEqual(before)
    expect(history()).toHaveLength(1)
  })

  test('of the next package names the one before', async () => {
    const { go, history, latest, put } = account()
    put()
    await go()
    put()
    expect(await go()).toMatchObject({ status: 'exported', outputs: { 'previous-version': '1', changed: 'true' } })
    expect(latest()).toMatchObject({ model_info: { version: 2 } })
    expect(history()).toMatchObject([{ to: { version: 1 } }, { from: { version: 1 }, to: { version: 2 } }])
  })

  test('is one for each environment', async () => {
    const { go, latest, put, store } = account()
    put({ metadata: { 'champion:prod': 'yes' } })
    put()
    await go()
    await go({ environment: 'dev' })
    expect(latest()).toMatchObject({ model_info: { version: 1 } })
    expect(JSON.parse(store.text('s3://configs/basket/dev/latest.json') ?? '')).toMatchObject({
      model_info: { version: 2 },
      deployment_config: { environment: 'dev' },
    })
  })

  test('hands the features on, and only the registered ones', async () => {
    const { go, latest, put, store } = account()
    const text = '{"label": "x"}'
    store.put('s3://models/features.json', text)
    const features = { 'features-uri': 's3://models/features.json' }
    put({ metadata: { ...features, 'features-digest': digestOf('other text') } })
    expect((await errorOf(go())).message).toMatch(/^E-DIGEST: the document of the features/)
    put({ metadata: { ...features, 'features-digest': digestOf(text) } })
    await go()
    expect(latest()).toMatchObject({ feature_info: { label: 'x' } })
  })

  test('is noted even when an earlier process ended between its writes', async () => {
    const { go, history, put, store } = account()
    put()
    await go()
    store.remove(HISTORY)
    expect(await go()).toMatchObject({ status: 'unchanged' })
    expect(history()).toMatchObject([{ to: { version: 1 }, config: LATEST }])
  })
})

describe('what may not be used is refused and nothing is written', () => {
  test.each([
    [
      'pending',
      { approvalStatus: 'PendingManualApproval', approvalDescription: 'too few rows' },
      /^E-NOT-APPROVED: .*too few rows/,
    ],
    ['rejected', { approvalStatus: 'Rejected' }, /^E-NOT-APPROVED: .*is Rejected/],
    ['unfinished', { status: 'InProgress' }, /^E-NOT-APPROVED: .*InProgress/],
    ['without its model', { modelDataUrl: 's3://models/nowhere/model.tar.gz' as S3Uri }, /^E-NO-DATA/],
    ['with another model', { metadata: { 'artifact-etag': 'another' } }, /^E-DIGEST: the model of/],
  ] as const)('%s', async (_, more, message) => {
    const { go, put, store } = account()
    const { arn } = put(more)
    expect((await errorOf(go({ 'package-arn': arn, 'model-package-group': '' }))).message).toMatch(message)
    expect(store.written).toEqual([])
  })

  test('a champion that waits for its approval again', async () => {
    const { go, put, store } = account()
    put({ approvalStatus: 'PendingManualApproval', metadata: { 'champion:prod': 'yes' } })
    expect((await errorOf(go())).message).toMatch(/^E-NOT-APPROVED/)
    expect(store.written).toEqual([])
  })
})

describe('where there is no package', () => {
  test('the error says what there is', async () => {
    const { go, put } = account()
    put({ approvalStatus: 'Rejected' })
    expect((await errorOf(go())).message).toMatch(
      /^E-NO-MODEL: champion, latest-approved fits no package of basket for prod \| .*0 are Approved, .* 1 are Rejected/,
    )
    expect((await errorOf(go({ selector: '1' }))).message).toMatch(/version 1 is Completed, Rejected/)
    const arn = 'arn:aws:sagemaker:us-east-1:123456789012:model-package/basket/9'
    expect((await errorOf(go({ 'package-arn': arn, 'model-package-group': '' }))).message).toMatch(
      /^E-NO-MODEL: .*basket\/9/,
    )
  })
  test('it can be said that this is well', async () => {
    const { go, store } = account()
    const outcome = await go({ 'if-missing': 'skip' })
    expect(outcome).toMatchObject({ status: 'none', verdict: 'ok', outputs: { 'package-arn': '', changed: 'false' } })
    expect(Object.keys(outcome.outputs).toSorted()).toEqual(Object.keys(spec.outputs).toSorted())
    expect(store.written).toEqual([])
  })
})

test('a dry run finds the package, needs no place, and writes nothing', async () => {
  const { go, put, store } = account()
  const champion = put({ metadata: { 'champion:prod': 'yes' } })
  put()
  expect(await go({ 'dry-run': 'true', 's3-prefix': '' })).toMatchObject({
    status: 'found',
    outputs: {
      'package-arn': champion.arn,
      'selected-by': 'champion',
      'model-data-url': 's3://models/1/model.tar.gz',
      changed: 'false',
    },
  })
  expect(store.written).toEqual([])
})

/** A store in which something else happens once, right before the next write of latest.json. */
const meanwhile = (objects: Objects, happens: () => Promise<unknown>): Objects => {
  let happened = false
  return {
    ...objects,
    write: async (uri, ...given) => {
      if (uri === LATEST && !happened) {
        happened = true
        await happens()
      }
      return objects.write(uri, ...given)
    },
  }
}

describe('of two that export at once', () => {
  test('the newer version stays, whoever is first', async () => {
    const { go, latest, history, put, store } = account()
    const old = put()
    put()
    const slow = meanwhile(store.objects, () => go({ selector: '2' }, { runId: '2' }))
    const outcome = await go({ 'package-arn': old.arn, 'model-package-group': '' }, { runId: '1' }, slow)
    expect(outcome).toMatchObject({ status: 'overtaken', outputs: { changed: 'false', 'previous-version': '2' } })
    expect(latest()).toMatchObject({ model_info: { version: 2 } })
    expect(history()).toMatchObject([{ to: { version: 2 } }])
  })
  test('the newer one looks again when it loses', async () => {
    const { go, latest, history, put, store } = account()
    put()
    put()
    const slow = meanwhile(store.objects, () => go({ selector: '1' }, { runId: '1' }))
    expect(await go({ selector: '2' }, { runId: '2' }, slow)).toMatchObject({ status: 'exported' })
    expect(latest()).toMatchObject({ model_info: { version: 2 } })
    expect(history()).toMatchObject([{ to: { version: 1 } }, { from: { version: 1 }, to: { version: 2 } }])
  })
})

test('an older version does not replace a newer one, unless that is not approved any more', async () => {
  const { decide, go, latest, put } = account()
  put()
  const newer = put()
  await go()
  expect(await go({ selector: '1' })).toMatchObject({ status: 'overtaken' })
  expect(latest()).toMatchObject({ model_info: { version: 2 } })
  await decide(newer.arn, 'Rejected')
  expect(await go()).toMatchObject({ status: 'exported', outputs: { 'package-version': '1' } })
})

describe('going back', () => {
  const three = async () => {
    const world = account()
    for (let version = 1; version <= 3; version += 1) {
      world.put()
      await world.go({ selector: String(version) })
    }
    return world
  }
  test('goes one step each time, and notes it', async () => {
    const { go, history, latest } = await three()
    expect(await go({ 'rollback-to': 'previous' })).toMatchObject({
      status: 'rolled-back',
      outputs: { 'package-version': '2', 'previous-version': '3', 'selected-by': 'rollback-to previous' },
    })
    await go({ 'rollback-to': 'previous' })
    expect(latest()).toMatchObject({ model_info: { version: 1 } })
    expect(history().slice(3)).toMatchObject([
      { kind: 'rollback', from: { version: 3 }, to: { version: 2 } },
      { kind: 'rollback', from: { version: 2 }, to: { version: 1 } },
    ])
    expect((await errorOf(go({ 'rollback-to': 'previous' }))).message).toMatch(
      /^E-NO-MODEL: there is no earlier export/,
    )
  })
  test('passes over what is not approved any more', async () => {
    const { decide, go, latest, registry } = await three()
    await decide(registry.packages('basket')[1]?.arn ?? ('' as never), 'Rejected')
    await go({ 'rollback-to': 'previous' })
    expect(latest()).toMatchObject({ model_info: { version: 1 } })
  })
  test('passes over what failed in the environment', async () => {
    const { go, latest, registry } = await three()
    const arn = registry.packages('basket')[1]?.arn ?? ('' as never)
    await registry.registry.update({ arn, metadata: { 'health:prod': 'unhealthy' } })
    await go({ 'rollback-to': 'previous' })
    expect(latest()).toMatchObject({ model_info: { version: 1 } })
  })
  test('goes to a version that is named', async () => {
    const { go, latest } = await three()
    expect(await go({ 'rollback-to': '1' })).toMatchObject({ status: 'rolled-back' })
    expect(latest()).toMatchObject({ model_info: { version: 1 } })
    expect((await errorOf(go({ 'rollback-to': '9' }))).message).toMatch(/^E-NO-MODEL: version 9/)
  })
})

test.each([
  ['a later version', '{"version": 2}', /^E-VERSION: .*latest\.json is of version 2/],
  ['something else', 'hello', /^E-PUBLISH: .*latest\.json is not an export/],
  [
    'another group',
    JSON.stringify({
      version: 1,
      model_info: { package_arn: 'arn:x', group: 'other', version: 9 },
      deployment_config: { environment: 'prod' },
    }),
    /^E-PUBLISH: .*is about the group other/,
  ],
])('%s at the place of the export is left alone', async (_, text, message) => {
  const { go, put, store } = account()
  put()
  store.put(LATEST, text)
  expect((await errorOf(go())).message).toMatch(message)
  expect(store.text(LATEST)).toBe(text)
})

test('a history of a later version is left alone', async () => {
  const { go, put, store } = account()
  put()
  store.put(HISTORY, '{"version": 2}\n')
  expect((await errorOf(go())).message).toMatch(/^E-VERSION: .*history\.jsonl/)
  expect(store.written).toEqual([])
})

test('who always loses gives up and says so', async () => {
  const { go, put, store } = account()
  put()
  const objects: Objects = {
    ...store.objects,
    write: (uri, ...given) => (uri === LATEST ? Promise.resolve({ kind: 'lost' }) : store.objects.write(uri, ...given)),
  }
  expect((await errorOf(go({}, {}, objects))).message).toMatch(/^E-PUBLISH: .*could not be written/)
})

test.each([
  [{ 'package-arn': 'arn:aws:sagemaker:us-east-1:123456789012:model-package/basket/1' }, /stands beside/],
  [{ 'model-package-group': '' }, /are all missing/],
  [{ 'model-package-group': 'a_b' }, /model-package-group is a_b/],
  [{ selector: 'newest' }, /selector is newest/],
  [{ 's3-prefix': '' }, /E-EMPTY s3-prefix is empty/],
  [{ environment: 'qa' }, /environment is "qa"/],
  [{ 'rollback-to': 'first' }, /rollback-to is "first"/],
])('inputs %j are refused', (inputs, message) => {
  expect(() => inputsOf(inputs)).toThrow(message)
})
