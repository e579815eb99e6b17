import { describe, expect, test } from '@jest/globals'
import { ActionError, type AwsCredentials, epochMs } from '@mlops/core'
import { ambient, renewing } from '../src/credentials.ts'

const HOUR = 3_600_000
const MINUTE = 60_000

const sessions = () => {
  let now = 0
  let made = 0
  let broken = false
  const make = async (): Promise<AwsCredentials> => {
    await Promise.resolve()
    if (broken) throw new Error('no answer')
    made += 1
    return { accessKeyId: `key-${made}`, secretAccessKey: 's', expiration: new Date(now + HOUR) }
  }
  const clock = { now: () => epochMs(now), sleep: () => Promise.resolve() }
  const credentials = renewing(make, clock)
  return {
    key: async () => (await credentials.get()).accessKeyId,
    invalidate: credentials.invalidate,
    at: (ms: number) => {
      now = ms
    },
    breakDown: () => {
      broken = true
    },
  }
}

test('a session is kept until five minutes before its end', async () => {
  const session = sessions()
  expect(await session.key()).toBe('key-1')
  session.at(HOUR - 5 * MINUTE - 1)
  expect(await session.key()).toBe('key-1')
  session.at(HOUR - 5 * MINUTE)
  expect(await session.key()).toBe('key-2')
})

test('many who ask at once get one new session', async () => {
  const session = sessions()
  expect(await Promise.all([session.key(), session.key(), session.key()])).toEqual(['key-1', 'key-1', 'key-1'])
})

test('what AWS calls expired is renewed whatever its date says', async () => {
  const session = sessions()
  await session.key()
  session.invalidate()
  expect(await session.key()).toBe('key-2')
})

test('a renewal that fails does not take a good session away, an ended one it does', async () => {
  const session = sessions()
  await session.key()
  session.breakDown()
  session.at(HOUR - MINUTE)
  expect(await session.key()).toBe('key-1')
  session.at(HOUR)
  await expect(session.key()).rejects.toThrow('no answer')
})

describe('ambient credentials', () => {
  test('are the keys of the environment', async () => {
    const environment = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: 'c' }
    expect(await ambient(environment, 'eu-central-1')).toEqual({
      accessKeyId: 'a',
      secretAccessKey: 'b',
      sessionToken: 'c',
    })
  })

  test('that are not there are said to be missing', async () => {
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
    process.env['AWS_CONFIG_FILE'] = '/nowhere'
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nowhere'
    const error = await ambient({}, 'eu-central-1').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ActionError)
    expect(error).toMatchObject({ facts: { code: 'E-NO-CREDENTIALS' } })
  })
})
