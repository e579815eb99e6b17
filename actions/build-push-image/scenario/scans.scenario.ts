import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { prepareLocalCloud } from '@mlops/local-cloud'
import { folderOf, IMAGE_REPOSITORY, imagesIn, imageStep, openWorld, runStep, tagsIn, type World } from '@mlops/testing'

let world: World
beforeAll(async () => {
  world = await openWorld({ action: 'build-push-image', python: prepareLocalCloud() })
}, 120_000)
afterAll(() => world.close())

const HIGH = {
  name: 'CVE-2026-0001',
  severity: 'HIGH',
  uri: 'https://example.com/CVE-2026-0001',
  attributes: [
    { key: 'package_name', value: 'zlib' },
    { key: 'package_version', value: '1.2' },
  ],
}

/** Decides what the scans of all images come to from now on. */
const decide = (outcome: object) => world.control.scanOutcome({ repository: IMAGE_REPOSITORY, ...outcome })

let number = 0
/** A step on code of its own, so that its image is a new one. */
const scanned = async (inputs: Parameters<typeof imageStep>[1] = {}, files: Readonly<Record<string, string>> = {}) => {
  const workspace = folderOf({ 'service/serve.py': `print(${number++})\n`, ...files })
  const done = await runStep(imageStep(world, { context: 'service', ...inputs }, { workspace }))
  return { ...done, workspace }
}

test('an image with a vulnerability that counts has no tag, and the table names it', async () => {
  await decide({ findings: [HIGH, { ...HIGH, name: 'CVE-2026-0002', severity: 'MEDIUM' }] })
  const before = await tagsIn(world)
  const { code, outputs, summary, annotations } = await scanned()
  expect([code, outputs['failure-class'], outputs['tag']]).toEqual([1, 'vulnerable', ''])
  expect(annotations[0]?.message).toContain('E-VULNERABLE: the image has 1 HIGH vulnerabilities')
  expect(outputs).toMatchObject({ 'scan-status': 'COMPLETE', 'vulnerability-counts': '{"HIGH":1,"MEDIUM":1}' })
  expect(summary).toContain('CVE-2026-0001')
  expect(summary).not.toContain('CVE-2026-0002')
  expect(await tagsIn(world)).toEqual(before)
  expect((await imagesIn(world)).find(({ imageDigest }) => imageDigest === outputs['digest'])).toBeDefined()
}, 60_000)

test('severities that are not named do not count', async () => {
  await decide({ findings: [HIGH] })
  const { code, outputs } = await scanned({ severities: 'CRITICAL' })
  expect([code, outputs['vulnerability-counts']]).toEqual([0, '{"HIGH":1}'])
  expect(await tagsIn(world)).toContain(outputs['tag'])
}, 60_000)

test.each([
  ['UNSUPPORTED_IMAGE', 'scan-unsupported-image'],
  ['FAILED', 'scan-failed'],
  ['FINDINGS_UNAVAILABLE', 'scan-findings-unavailable'],
  ['SCAN_ELIGIBILITY_EXPIRED', 'scan-eligibility-expired'],
  ['LIMIT_EXCEEDED', 'scan-limit-exceeded'],
])(
  'a scan that ends as %s is a result of its own, and lets nothing pass',
  async (status, failureClass) => {
    await decide({ status, description: 'because' })
    const before = await tagsIn(world)
    const { code, outputs, annotations } = await scanned()
    expect([code, outputs['failure-class'], outputs['scan-status']]).toEqual([1, failureClass, status])
    expect(annotations[0]?.message).toContain(`E-SCAN: the scan of the image ended as ${status} | because`)
    expect(await tagsIn(world)).toEqual(before)
  },
  60_000,
)

test.each(['IN_PROGRESS', 'PENDING'])(
  'a scan that stays %s lets nothing pass',
  async (status) => {
    await decide({ status })
    const before = await tagsIn(world)
    const { code, outputs } = await scanned({ 'scan-timeout': '1s' })
    expect([code, outputs['failure-class'], outputs['scan-status']]).toEqual([1, 'scan-timed-out', 'TIMED_OUT'])
    expect(await tagsIn(world)).toEqual(before)
  },
  60_000,
)

test('when ECR starts no scan any more, nothing passes', async () => {
  await decide({})
  await world.control.fault({
    service: 'ecr',
    operation: 'StartImageScan',
    kind: 'quota',
    principal: '*assumed-role/ci*',
  })
  const { code, outputs } = await scanned({ 'scan-timeout': '5s' })
  expect([code, outputs['failure-class']]).toEqual([1, 'scan-limit-exceeded'])
}, 60_000)

test('with scan: none nobody is asked', async () => {
  await decide({ findings: [HIGH] })
  await world.control.clearCalls()
  const { code, outputs } = await scanned({ scan: 'none' })
  expect([code, outputs['scan-status'], outputs['vulnerability-counts']]).toEqual([0, 'none', ''])
  const asked = (await world.control.calls()).filter(({ operation }) => operation.includes('Scan'))
  expect(asked).toEqual([])
}, 60_000)

const day = (from: number) => new Date(Date.now() + from * 86_400_000).toISOString().slice(0, 10)
const entry = (expires: string) => `- id: CVE-2026-0001\n  reason: not reachable\n  expires: ${expires}\n`

test('an ignored vulnerability lets the image pass, and the summary says why and until when', async () => {
  await decide({ findings: [HIGH] })
  const { code, outputs, summary } = await scanned({ 'ignore-file': 'ignored.yml' }, { 'ignored.yml': entry(day(30)) })
  expect([code, outputs['vulnerability-counts']]).toEqual([0, '{"HIGH":1}'])
  expect(summary).toContain('not reachable')
  expect(summary).toContain(day(30))
}, 60_000)

test('an entry that has expired is an error at its line, before anything is pushed', async () => {
  await decide({ findings: [HIGH] })
  const before = await imagesIn(world)
  const { code, annotations } = await scanned({ 'ignore-file': 'ignored.yml' }, { 'ignored.yml': entry(day(-1)) })
  expect(code).toBe(1)
  expect(annotations.map(({ properties }) => properties['line'])).toContain('3')
  expect(annotations.at(-1)?.message).toContain(`E-IGNORE-FILE: ignored.yml: it has expired on ${day(-1)}`)
  expect(await imagesIn(world)).toEqual(before)
}, 60_000)

const inspected = (id: string, fixAvailable: string) => ({
  severity: 'CRITICAL',
  fixAvailable,
  packageVulnerabilityDetails: {
    vulnerabilityId: id,
    vulnerablePackages: [{ name: 'openssl', version: '3.0.1', fixedInVersion: '3.0.2' }],
  },
})

test('with fixable-only, what no update cures lets the image pass', async () => {
  await decide({ enhanced: [inspected('CVE-2026-0003', 'NO')] })
  expect((await scanned({ 'fixable-only': 'true' })).code).toBe(0)
  await decide({ enhanced: [inspected('CVE-2026-0004', 'YES')] })
  const curable = await scanned({ 'fixable-only': 'true' })
  expect([curable.code, curable.outputs['failure-class']]).toEqual([1, 'vulnerable'])
  expect(curable.summary).toContain('3.0.2')
  // ECR's basic scan does not say what can be cured.
  await decide({ findings: [HIGH] })
  expect((await scanned({ 'fixable-only': 'true' })).code).toBe(1)
}, 60_000)

test('an image that is re-used is judged by what is known of it now', async () => {
  await decide({})
  const workspace = folderOf({ 'serve.py': 'print("again")\n' })
  const first = await runStep(imageStep(world, {}, { workspace }))
  await decide({ findings: [HIGH] })
  const second = await runStep(imageStep(world, {}, { workspace }))
  expect([first.code, second.code, second.outputs['failure-class']]).toEqual([0, 1, 'vulnerable'])
}, 60_000)
