import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import {
  DescribeProcessingJobCommand,
  type DescribeProcessingJobResponse,
  DescribeTrainingJobCommand,
  type DescribeTrainingJobResponse,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker'
import { type Control, type LocalCloud, type RecordedCall, startLocalCloud } from '@mlops/local-cloud'
import { createIssuer, type Issuer } from '@mlops/local-runner'
import { type AccountOptions, CI_ROLE, localAccount, REGION, REPOSITORY } from './account.ts'

const SUBJECT = `repo:${REPOSITORY}:ref:refs/heads/main`

/** A local AWS with the published policies, and the eyes of an administrator on it. */
export interface World {
  readonly cloud: LocalCloud
  readonly control: Control
  readonly issuer: Issuer
  /** What a step needs in its environment to reach this world; the token's subject is that of a run on main. */
  readonly environment: Readonly<Record<string, string>>
  /** The same for a token with another subject. */
  readonly environmentOf: (subject: string) => Readonly<Record<string, string>>
  /** How many OIDC tokens were asked for. */
  readonly tokensMinted: () => number
  /** The administrator's own client. */
  readonly sagemaker: SageMakerClient
  readonly training: (name: string) => Promise<DescribeTrainingJobResponse>
  readonly processing: (name: string) => Promise<DescribeProcessingJobResponse>
  readonly put: (uri: string, body: string | Uint8Array) => Promise<void>
  readonly remove: (uri: string) => Promise<void>
  /** Text of an object; undefined when there is none. */
  readonly read: (uri: string) => Promise<string | undefined>
  /** Keys below a prefix. */
  readonly keys: (uri: string) => Promise<readonly string[]>
  /** Names of all jobs, by the status they have now. */
  readonly jobs: () => Promise<readonly { readonly name: string; readonly status: string }[]>
  /** Ends it. Throws when a step asked for more than its policies allow, so that every test of a world proves them too. */
  readonly close: () => Promise<void>
}

export interface WorldOptions extends Omit<AccountOptions, 'jwks'> {
  /** Permissions that steps lack on purpose here. */
  readonly denied?: readonly string[]
}

const OF_STEPS = `assumed-role/${CI_ROLE.split('/').at(-1) ?? ''}/`

const deniedActions = (calls: readonly RecordedCall[]) =>
  calls
    .filter(({ principal }) => principal.includes(OF_STEPS))
    .flatMap(({ checks }) => checks.filter(({ allowed }) => !allowed).map(({ action }) => action))

const placeOf = (uri: string) => {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(uri) ?? []
  return { bucket, key }
}

/** Serves OIDC tokens by the cloud's clock, so that they are as young as the cloud thinks. */
const serveTokens = async (issuer: Issuer, control: () => Control) => {
  let minted = 0
  const tokenFor = async (url: URL) => {
    minted += 1
    const now = Math.floor(await control().now())
    return issuer.tokenFor({
      sub: url.searchParams.get('subject') ?? SUBJECT,
      aud: url.searchParams.get('audience') ?? '',
      repository: REPOSITORY,
      iat: now,
      nbf: now - 60,
      exp: now + 300,
    })
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const value = await tokenFor(new URL(request.url ?? '/', 'http://localhost'))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ value }))
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: (subject: string) => `http://127.0.0.1:${port}/token?subject=${encodeURIComponent(subject)}`,
    minted: () => minted,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Brings a world up. Close it: it is a process of its own. */
export const openWorld = async ({ denied: expected = [], ...options }: WorldOptions): Promise<World> => {
  const issuer = createIssuer({})
  const cloud = await startLocalCloud({ account: localAccount({ ...options, jwks: issuer.jwks }) })
  const tokens = await serveTokens(issuer, () => cloud.control)
  const config = {
    region: REGION,
    endpoint: cloud.endpoint,
    credentials: { accessKeyId: 'AKIALOCALADMIN000000', secretAccessKey: 'local-admin' },
  }
  const s3 = new S3Client({ ...config, forcePathStyle: true })
  const sagemaker = new SageMakerClient(config)
  const denied = new Set<string>()
  const noteDenials = async () => {
    for (const action of deniedActions(await cloud.control.calls())) denied.add(action)
  }
  // What is forgotten is looked at before.
  const control: Control = {
    ...cloud.control,
    clearCalls: async () => {
      await noteDenials()
      await cloud.control.clearCalls()
    },
  }
  const environmentOf = (subject: string) => ({
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_REGION: REGION,
    AWS_ROLE_TO_ASSUME: CI_ROLE,
    ACTIONS_ID_TOKEN_REQUEST_URL: tokens.url(subject),
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'token',
    GITHUB_REPOSITORY: REPOSITORY,
  })
  return {
    cloud,
    control,
    issuer,
    environment: environmentOf(SUBJECT),
    environmentOf,
    tokensMinted: tokens.minted,
    sagemaker,
    training: (name) => sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: name })),
    processing: (name) => sagemaker.send(new DescribeProcessingJobCommand({ ProcessingJobName: name })),
    put: async (uri, body) => {
      const { bucket, key } = placeOf(uri)
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: Buffer.from(body) }))
    },
    remove: async (uri) => {
      const { bucket, key } = placeOf(uri)
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
    },
    read: async (uri) => {
      const { bucket, key } = placeOf(uri)
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        return await Body?.transformToString()
      } catch {
        return undefined
      }
    },
    keys: async (uri) => {
      const { bucket, key } = placeOf(uri)
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key }))
      return Contents.map(({ Key = '' }) => Key)
    },
    jobs: () => cloud.control.jobs(),
    close: async () => {
      await noteDenials()
      tokens.close()
      s3.destroy()
      sagemaker.destroy()
      await cloud.stop()
      const unexpected = [...denied].filter((action) => !expected.includes(action))
      if (unexpected.length > 0) throw new Error(`steps were denied ${unexpected.join(', ')}`)
    },
  }
}
