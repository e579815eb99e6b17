import { describe, expect, test } from '@jest/globals'
import { ActionError, type Objects, type Verdict } from '@mlops/core'
import { account, digestOf, errorOf, faultsOf, MODEL, reportOn } from './world.ts'

const lost = new ActionError({ code: 'E-NETWORK', kind: 'remote', what: 'no answer', why: 'reset', hint: 'again' })
const RUN = '(ada, https://github.com/acme/retail/actions/runs/4711)'

describe('a model that was judged', () => {
  test.each<[Verdict, string, string]>([
    ['approve', 'Approved', 'ok'],
    ['reject', 'Rejected', 'rejected'],
    ['inconclusive', 'PendingManualApproval', 'inconclusive'],
  ])('by the verdict %s is registered as %s, with the reason', async (verdict, status, kind) => {
    const { go, judge, packages } = account()
    judge(verdict)
    const outcome = await go().done
    expect(outcome).toMatchObject({
      status: 'registered',
      verdict: kind,
      outputs: { 'approval-status': status, created: 'created', 'package-version': '1' },
    })
    expect(packages()).toMatchObject([
      { version: 1, approvalStatus: status, approvalDescription: `The verdict is ${verdict}. ${RUN}` },
    ])
  })

  test('keeps its report, metrics and golden answers, by place and digest', async () => {
    const { go, packages, store } = account()
    await go({ features: 's3://models/f.json' }).done.catch(() => undefined)
    expect(packages()).toEqual([])
    store.put('s3://models/f.json', '{"label": "x"}')
    const { outputs } = await go({ features: 's3://models/f.json', metadata: 'team=pricing' }).done
    const [found] = packages()
    expect(found).toMatchObject({
      artifactDigest: digestOf('model'),
      evaluationDigest: digestOf('{"version": 0}'),
      goldenUri: 's3://models/reports/1/golden.jsonl',
      trainingJob: 'job-1',
      image: '683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3',
      metadata: {
        team: 'pricing',
        'metric:accuracy': '0.851235',
        'gate-report-digest': digestOf(reportOn('approve')),
        'golden-digest': digestOf('{}'),
        'features-digest': digestOf('{"label": "x"}'),
        'run-key': outputs['run-key'],
      },
    })
    expect(store.text(found?.evaluationUri ?? '')).toBe('{"version": 0}')
    expect(store.text(found?.metadata['gate-report-uri'] ?? '')).toBe(reportOn('approve'))
    expect(store.text(found?.metadata['features-uri'] ?? '')).toBe('{"label": "x"}')
    expect(found?.evaluationUri).toMatch(/^s3:\/\/models\/packages\/[0-9a-f]{16}\/statistics\.json$/)
  })

  test('keeps them beside a report in S3 when no other place is given', async () => {
    const { go, packages } = account()
    await go({ 'metrics-prefix': '' }).done
    expect(packages()[0]?.evaluationUri).toMatch(/^s3:\/\/models\/reports\/1\/[0-9a-f]{16}\/statistics\.json$/)
  })

  test('without metrics beside its report it is registered, and that is said', async () => {
    const { go, packages, store } = account()
    store.remove('s3://models/reports/1/statistics.json')
    const { context, done } = go()
    await done
    expect(packages()[0]).not.toHaveProperty('evaluationUri')
    expect(context.lines).toContainEqual(expect.stringMatching(/^warning: there is no .*statistics\.json/))
  })

  test('that is another one is refused with both digests, and nothing is registered', async () => {
    const { go, registry, store } = account()
    store.put(MODEL, 'another model')
    const { message } = await errorOf(go().done)
    expect(message).toMatch(/^E-DIGEST: /)
    expect(message).toContain(digestOf('another model'))
    expect(message).toContain(digestOf('model'))
    expect(registry.groups()).toEqual([])
    expect(store.written).toEqual([])
  })

  test('and replaced while it is registered is rejected', async () => {
    const { go, packages, store } = account()
    const write: Objects['write'] = (...given) => {
      store.put(MODEL, 'another model')
      return store.objects.write(...given)
    }
    const error = await errorOf(go({}, {}, { objects: { ...store.objects, write } }).done)
    expect(error.message).toMatch(/^E-DIGEST: .*replaced while/)
    expect(error.facts.outputs).toMatchObject({ 'package-version': '1' })
    expect(packages()).toMatchObject([{ approvalStatus: 'Rejected' }])
  })

  test('is skipped when the gate rejected it and on-reject says so', async () => {
    const { go, judge, registry } = account()
    judge('reject')
    expect(await go({ 'on-reject': 'skip' }).done).toMatchObject({ status: 'skipped', verdict: 'rejected' })
    expect(registry.groups()).toEqual([])
  })

  test('waits for a person with approval: manual', async () => {
    const { go, packages } = account()
    expect(await go({ approval: 'manual' }).done).toMatchObject({ verdict: 'inconclusive' })
    expect(packages()).toMatchObject([{ approvalStatus: 'PendingManualApproval' }])
  })
})

test('a model that nobody judged waits for a person', async () => {
  const { go, packages } = account()
  await go({ 'gate-report': '', 'metrics-prefix': '' }).done
  expect(packages()).toMatchObject([
    { approvalStatus: 'PendingManualApproval', approvalDescription: expect.stringMatching(/^Nobody has judged/) },
  ])
})

test.each([
  ['of a later version', '{"version": 2}', /^E-VERSION: .*version 2/],
  ['that is none', '{"version": 1}', /^E-FORMAT: .*not a gate report/],
])('a report %s is refused, and nothing is registered', async (_, text, message) => {
  const { go, registry, store } = account()
  store.put('s3://models/reports/1/gate-report.json', text)
  expect((await errorOf(go().done)).message).toMatch(message)
  expect(registry.groups()).toEqual([])
})

test.each([
  ['model-artifact-uri', 's3://models/nowhere/model.tar.gz', /^E-NO-DATA: the model artifact/],
  ['gate-report', 's3://models/nowhere/gate-report.json', /^E-NO-DATA: the gate report/],
  ['golden', 's3://models/nowhere/golden.jsonl', /^E-NO-DATA: the file of golden answers/],
  ['golden', "s3://models/it's/golden.jsonl", /^E-INPUT: the file of golden answers lies at/],
  ['model-artifact-uri', 's3://strangers/model.tar.gz', /^E-BUCKET/],
])('%s %s', async (input, uri, message) => {
  const { go, registry } = account()
  expect((await errorOf(go({ [input]: uri }).done)).message).toMatch(message)
  expect(registry.groups()).toEqual([])
})

describe('the group', () => {
  test('is created with its tags when it is missing, and left alone when it is there', async () => {
    const { go, registry } = account()
    await go({ tags: 'team=pricing' }).done
    expect(registry.groups()).toMatchObject([
      {
        ModelPackageGroupName: 'basket',
        Tags: [
          { Key: 'team', Value: 'pricing' },
          { Key: 'mlops:repository', Value: 'acme/retail' },
        ],
      },
    ])
    await go({}, { runId: '4712' }).done
    expect(registry.groups()).toHaveLength(1)
  })
  test('of another account is never created', async () => {
    const { go, registry } = account()
    const arn = 'arn:aws:sagemaker:us-east-1:999999999999:model-package-group/theirs'
    expect((await errorOf(go({ 'model-package-group': arn }).done)).message).toMatch(/^E-REGISTRY/)
    expect(registry.groups()).toEqual([])
  })
  test('may be given as the ARN of one of ours', async () => {
    const { go, packages } = account()
    await go({ 'model-package-group': 'arn:aws:sagemaker:us-east-1:123456789012:model-package-group/basket' }).done
    expect(packages()).toHaveLength(1)
  })
})

describe('once only', () => {
  test('the same run twice is one package, also when it is judged anew', async () => {
    const { go, judge, packages } = account()
    const first = await go().done
    judge('approve', 'model', { judgedAt: 'later' })
    const second = await go({}, { runAttempt: 2 }).done
    expect(second).toMatchObject({
      status: 'existing',
      outputs: { created: 'existing', 'approval-status': 'Approved' },
    })
    expect(second.outputs['package-arn']).toBe(first.outputs['package-arn'])
    expect(packages()).toHaveLength(1)
  })

  test('the same model by the same verdict is one package, whoever registers it', async () => {
    const { go, packages } = account()
    await go().done
    expect(await go({}, { runId: '4712' }).done).toMatchObject({ status: 'existing' })
    expect(packages()).toHaveLength(1)
  })

  test('two runs are two packages, and the later one is the latest', async () => {
    const { go, judge, packages } = account()
    await go().done
    judge('approve', 'model', { judgedAt: 'later' })
    const second = await go({}, { runId: '4712' }).done
    expect(second.outputs).toMatchObject({ 'package-version': '2', created: 'created' })
    expect(JSON.parse(second.outputs['previous-versions'] ?? '')).toMatchObject([
      { version: 1, approvalStatus: 'Approved' },
    ])
    expect(packages()).toHaveLength(2)
  })

  test.each(['create', 'update'] as const)('a step that ended after %s is finished by its re-run', async (call) => {
    const { go, packages, registry } = account()
    registry.fail(call, 'after', lost)
    await errorOf(go().done)
    expect(packages()).toHaveLength(1)
    expect(await go({}, { runAttempt: 2 }).done).toMatchObject({ status: 'existing' })
    expect(packages()).toMatchObject([{ approvalStatus: 'Approved', approvalDescription: expect.stringMatching(/./) }])
  })

  test('a package that failed is registered again', async () => {
    const { go, packages, registry } = account()
    registry.failPackages('the image is not there')
    expect((await errorOf(go().done)).message).toMatch(/^E-REGISTRY: .*the image is not there/)
    registry.failPackages('')
    await go({}, { runAttempt: 2 }).done
    expect(packages()).toMatchObject([{ status: 'Failed' }, { approvalStatus: 'Approved' }])
  })
})

describe('never', () => {
  test.each(['Approved', 'Rejected'] as const)('is a package that is %s changed by a re-run', async (status) => {
    const { go, judge, packages, registry } = account()
    await go().done
    const [{ arn } = { arn: '' as never }] = packages()
    await registry.registry.update({ arn, approval: { status, description: 'by a person' } })
    judge(status === 'Approved' ? 'reject' : 'approve', 'model', { judgedAt: 'later' })
    const { context, done } = go({}, { runAttempt: 2 })
    expect(await done).toMatchObject({ outputs: { 'approval-status': status } })
    expect(packages()).toMatchObject([{ approvalStatus: status, approvalDescription: 'by a person' }])
    expect(context.lines).toContainEqual(expect.stringMatching(/^warning: .*stays so/))
  })
})

test('a pending package of an earlier attempt is approved when the gate can tell this time', async () => {
  const { go, judge, packages } = account()
  judge('inconclusive')
  await go().done
  judge('approve')
  await go({}, { runAttempt: 2 }).done
  expect(packages()).toMatchObject([
    {
      approvalStatus: 'Approved',
      metadata: { 'gate-verdict': 'approve', 'gate-report-digest': digestOf(reportOn('approve')) },
    },
  ])
})

test('the champion of the environment is named, and is never moved by a registration', async () => {
  const { go, packages, registry } = account()
  const champion = registry.put('basket', { approvalStatus: 'Approved', metadata: { 'champion:prod': 'yes' } })
  registry.put('basket', { approvalStatus: 'Approved' })
  const { outputs } = await go().done
  expect(outputs['previous-champion-arn']).toBe(champion.arn)
  expect(packages().map(({ metadata }) => 'champion:prod' in metadata)).toEqual([true, false, false])
  expect((await go({ environment: 'dev' }, { runAttempt: 2 }).done).outputs['previous-champion-arn']).toBe('')
})

test('a package is waited for until it is completed, also while nobody knows it yet', async () => {
  const { clock, go } = account({ visibleAfterMs: 10_000, completesAfterMs: 60_000 })
  const since = clock.now()
  expect(await go().done).toMatchObject({ outputs: { 'approval-status': 'Approved' } })
  expect(clock.now() - since).toBeGreaterThanOrEqual(60_000)
})

describe('the lineage', () => {
  const failing = (lineage: string) => {
    const { go, registry } = account()
    registry.fail('link', 'before', lost)
    return { registry, ...go({ lineage }) }
  }
  test('is drawn from artifact and job', async () => {
    const { go, registry, packages } = account()
    await go().done
    expect(registry.links).toEqual([{ packageArn: packages()[0]?.arn, artifact: MODEL, trainingJob: 'job-1' }])
  })
  test('is a warning when it fails, an error when it is required, and nothing when it is off', async () => {
    const { context, done } = failing('best-effort')
    expect(await done).toMatchObject({ status: 'registered' })
    expect(context.lines).toContainEqual(expect.stringMatching(/^warning: .*lineage/))
    expect((await errorOf(failing('required').done)).facts.code).toBe('E-NETWORK')
    const off = failing('off')
    await off.done
    expect(off.registry.links).toEqual([])
  })
})

test('a dry run says what would be and changes nothing', async () => {
  const { go, registry, store } = account()
  expect(await go({ 'dry-run': 'true' }).done).toMatchObject({
    status: 'planned',
    outputs: { 'approval-status': 'Approved', 'artifact-digest': digestOf('model') },
  })
  expect(registry.groups()).toEqual([])
  expect(store.written).toEqual([])
})

test.each([
  [{ 'model-artifact-uri': '' }, /E-EMPTY model-artifact-uri is empty/],
  [{ 'model-package-group': '' }, /E-EMPTY model-package-group/],
  [{ 'model-package-group': 'a_b' }, /E-INPUT model-package-group is a_b/],
  [{ framework: '', 'framework-version': '' }, /image and framework are both missing/],
  [{ image: 'image:1' }, /image stands beside framework/],
  [{ 'metrics-prefix': '', 'gate-report': 'out/gate-report.json' }, /metrics-prefix is missing/],
  [{ 'metrics-prefix': '', 'gate-report': '', features: 'features.json' }, /metrics-prefix is missing/],
  [{ 'metrics-prefix': `s3://models/${'x'.repeat(230)}` }, /metrics-prefix is s3/],
  [{ metadata: 'champion:prod=yes' }, /metadata is not usable: champion:prod/],
  [{ tags: 'aws:x=y' }, /tags is not usable/],
  [{ 'realtime-instance-types': 'm5' }, /realtime-instance-types is not usable/],
  [{ mode: 'approve', reason: 'x', 'package-version': '' }, /package-arn is missing/],
  [{ mode: 'approve', 'package-version': '1' }, /reason is missing/],
])('inputs %j are refused', (inputs, message) => {
  expect(faultsOf(inputs)).toMatch(message)
})
