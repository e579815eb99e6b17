import { type Clock, epochMs } from '@mlops/core'
import { type Control, type LocalCloud, prepareLocalCloud, startLocalCloud } from '@mlops/local-cloud'
import { createIssuer } from '@mlops/local-runner'
import { recogniseNativeErrors, stepContext } from '@mlops/testing'
import type { SessionContext } from '../src/index.ts'

const ACCOUNT_ID = '123456789012'
const REGION = 'us-east-1'
const ROLE = `arn:aws:iam::${ACCOUNT_ID}:role/ci`
export const BUCKET = 'mlops-dev'
const SUBJECT = 'repo:acme/retail:ref:refs/heads/main'

const ADMIN = { accessKeyId: 'AKIALOCALADMIN000000', secretAccessKey: 'local-admin' }
const STRANGER = { accessKeyId: 'AKIASTRANGER00000000', secretAccessKey: 'stranger' }
const ISSUER = 'token.actions.githubusercontent.com'
const policy = (statement: unknown) => ({ Version: '2012-10-17', Statement: [statement] })

const TRUST = policy({
  Effect: 'Allow',
  Principal: { Federated: `arn:aws:iam::${ACCOUNT_ID}:oidc-provider/${ISSUER}` },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com', [`${ISSUER}:sub`]: SUBJECT } },
})

interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** A clock of which the cloud's goes along: who sleeps on one makes both go on. */
const sharedClock = (control: Control): Clock => {
  let ahead = 0
  return {
    now: () => epochMs(Date.now() + ahead),
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      await control.advance(ms / 1000)
      ahead += ms
    },
  }
}

export interface Surroundings extends SessionContext {
  readonly lines: readonly string[]
  readonly masked: readonly string[]
  /** How many OIDC tokens were asked for. */
  readonly minted: () => number
}

export interface TestCloud {
  readonly control: Control
  readonly clock: Clock
  /** Around a step that has the administrator's keys in its environment. */
  readonly asAdmin: () => Surroundings
  /** The same with keys that may do nothing. */
  readonly asStranger: () => Surroundings
  /** Around a step that may get tokens with that subject. */
  readonly asWorkflow: (subject?: string) => Surroundings
  readonly stop: () => Promise<void>
}

export const openCloud = async (): Promise<TestCloud> => {
  recogniseNativeErrors()
  const issuer = createIssuer()
  const cloud: LocalCloud = await startLocalCloud({
    account: {
      accountId: ACCOUNT_ID,
      region: REGION,
      admin: ADMIN,
      oidcProviders: [{ url: `https://${ISSUER}`, clientIds: ['sts.amazonaws.com'], jwks: issuer.jwks }],
      roles: [
        {
          name: 'ci',
          trust: TRUST,
          policies: { all: policy({ Effect: 'Allow', Action: '*', Resource: '*' }) },
          maxSessionSeconds: 3600,
        },
      ],
      users: [{ name: 'stranger', ...STRANGER, policies: {} }],
      buckets: [BUCKET],
      objects: [],
      images: [{ match: '*', python: prepareLocalCloud() }],
      quotas: [],
    },
  })
  const { control } = cloud
  const clock = sharedClock(control)
  const around = (environment: Readonly<Record<string, string>>, subject: string): Surroundings => {
    const step = stepContext({ repository: 'acme/retail' })
    const masked: string[] = []
    let minted = 0
    return {
      ...step,
      clock,
      log: { ...step.log, mask: (value) => void masked.push(value) },
      masked,
      minted: () => minted,
      environment: { AWS_REGION: REGION, AWS_ENDPOINT_URL: cloud.endpoint, ...environment },
      idToken: (aud) => {
        minted += 1
        const now = Math.floor(clock.now() / 1000)
        return Promise.resolve(issuer.tokenFor({ sub: subject, aud, iat: now, nbf: now - 60, exp: now + 300 }))
      },
    }
  }
  const withKeys = ({ accessKeyId, secretAccessKey }: Keys) =>
    around({ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }, SUBJECT)
  return {
    control,
    clock,
    asAdmin: () => withKeys(ADMIN),
    asStranger: () => withKeys(STRANGER),
    asWorkflow: (subject = SUBJECT) => around({ AWS_ROLE_TO_ASSUME: ROLE }, subject),
    stop: cloud.stop,
  }
}
