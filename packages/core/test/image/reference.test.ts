import { expect, test } from '@jest/globals'
import { buildArgumentProblem, imageTag, parseEcrImage, parseRepository, registryHost } from '../../src/index.ts'

const DIGEST = `sha256:${'0a'.repeat(32)}`
const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'

test.each([
  ['a/b', { name: 'a/b' }],
  [`${HOST}/a/b`, { name: 'a/b', account: '123456789012', region: 'eu-central-1' }],
  [`${HOST}.cn/a`, { name: 'a', account: '123456789012', region: 'eu-central-1' }],
  ['123456789012.dkr-ecr.us-east-1.on.aws/a', { name: 'a', account: '123456789012', region: 'us-east-1' }],
  [`${HOST}/a:tag`, undefined],
  ['A', undefined],
  ['a//b', undefined],
  ['a\nb', undefined],
  ['', undefined],
  ['docker.io/library/python', { name: 'docker.io/library/python' }],
])('the repository %j is read as %j', (text, expected) => {
  expect(parseRepository(text)).toEqual(expected)
})

test.each([
  [`${HOST}/a/b@${DIGEST}`, { name: 'a/b', digest: DIGEST }],
  [`${HOST}/a:v1`, { name: 'a', tag: 'v1' }],
  [`${HOST}/a:v1@${DIGEST}`, { name: 'a', tag: 'v1', digest: DIGEST }],
])('the image %j is read', (text, expected) => {
  expect(parseEcrImage(text)).toEqual({ account: '123456789012', region: 'eu-central-1', ...expected })
})

test.each(['python:3.11', `python@${DIGEST}`, `${HOST}/a@sha256:12`, `${HOST}/a@${DIGEST}\n`, `x${HOST}/a`])(
  '%j is no image in ECR',
  (text) => {
    expect(parseEcrImage(text)).toBeUndefined()
  },
)

test('China has a domain of its own', () => {
  expect(registryHost({ account: '123456789012', region: 'cn-north-1' })).toBe(
    '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
  )
})

test('a tag says commit, model and content', () => {
  const parts = { sha: 'abcdef0123', key: '0123456789' }
  expect(imageTag({ ...parts, version: 12 })).toBe('abcdef0-m12-01234567')
  expect(imageTag(parts)).toBe('abcdef0-m0-01234567')
})

test.each(['TOKEN', 'GITHUB_TOKEN', 'aws_secret_access_key', 'DB_PASSWORD', 'PASSWD', 'ssh_key', 'API_KEYS', 'AUTH'])(
  '%s is refused as a build argument',
  (name) => {
    expect(buildArgumentProblem({ VARIANT: 'x', [name]: 'y' })?.what).toBe(`holds ${name}`)
  },
)

test.each(['MODEL_URI', 'ENV', 'BUILD_ID', 'A B', '1A', 'A-B'])('%s is no argument of the user', (name) => {
  expect(buildArgumentProblem({ [name]: 'y' })?.what).toBe(`holds ${name}`)
})

test.each(['VARIANT', 'KEYBOARD', 'MONKEY', 'AUTHOR', 'PYTHON_VERSION'])('%s is an argument', (name) => {
  expect(buildArgumentProblem({ [name]: 'y' })).toBeUndefined()
})
