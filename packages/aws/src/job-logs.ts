import { type Clock, type EpochMs, type JobLogs, type LogLine, type Random } from '@mlops/core'
import { classify } from './classify.ts'
import { withRetries } from './retries.ts'
import type { AwsSession } from './session.ts'
import { toActionError } from './to-action-error.ts'

interface Context {
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

export interface TailedJobLogs extends JobLogs {
  /** The newest lines, oldest first, at most 200; fetches what has not been read yet. */
  readonly tail: () => Promise<readonly LogLine[]>
}

const KEPT = 200

interface Stream {
  readonly name: string
  readonly host: string
  token: string | undefined
}

const opener = (session: AwsSession) => {
  let opened: ReturnType<typeof open> | undefined
  const open = async () => {
    const facade = await import('./cloudwatch-logs.ts')
    return { facade, client: new facade.CloudWatchLogsClient(session.clientConfig('cloudwatch-logs')) }
  }
  return () => (opened ??= open())
}

/** `<job>/algo-1-1700000000` is the stream of host algo-1. */
const hostOf = (stream: string) => stream.slice(stream.indexOf('/') + 1).replace(/-\d+$/, '')

/**
 * The log of one job. Streams are looked up until there are any, then only read by their forward tokens; a token that
 * comes back unchanged is the end for now (CloudWatch Logs API, GetLogEvents).
 */
export const jobLogs = (session: AwsSession, group: string, job: string, context: Context): TailedJobLogs => {
  const open = opener(session)
  let streams: readonly Stream[] = []
  let kept: readonly LogLine[] = []

  const ask = async <T>(call: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await withRetries(call, context)
    } catch (error) {
      context.signal.throwIfAborted()
      if (classify(error) === 'not-found') return undefined
      throw toActionError(error, `reading the log of ${job}`)
    }
  }

  const findStreams = async () => {
    const { client, facade } = await open()
    const command = new facade.DescribeLogStreamsCommand({ logGroupName: group, logStreamNamePrefix: `${job}/` })
    const found = await ask(() => client.send(command))
    streams = (found?.logStreams ?? []).map(({ logStreamName: name = '' }) => ({
      name,
      host: hostOf(name),
      token: undefined,
    }))
  }

  const readStream = async (stream: Stream): Promise<readonly LogLine[]> => {
    const { client, facade } = await open()
    const lines: LogLine[] = []
    for (;;) {
      const { token } = stream
      const command = new facade.GetLogEventsCommand({
        logGroupName: group,
        logStreamName: stream.name,
        startFromHead: true,
        ...(token === undefined ? {} : { nextToken: token }),
      })
      const page = await ask(() => client.send(command))
      for (const { message = '', timestamp = 0 } of page?.events ?? [])
        lines.push({ host: stream.host, at: timestamp as EpochMs, text: message })
      stream.token = page?.nextForwardToken ?? token
      if (stream.token === token || (page?.events ?? []).length === 0) return lines
    }
  }

  const next = async () => {
    if (streams.length === 0) await findStreams()
    const found = await Promise.all(streams.map(readStream))
    const lines = found.flat().toSorted((one, other) => one.at - other.at)
    kept = [...kept, ...lines].slice(-KEPT)
    return lines
  }

  return {
    next,
    tail: async () => {
      await next()
      return kept
    },
  }
}
