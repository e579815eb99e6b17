import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { EVENTS, type EventName, type Payload } from './events.ts'
import { createIssuer } from './issuer.ts'
import { GITHUB_TIMING, type RunOptions } from './run.ts'

export const USAGE = `usage: local-runner --repo DIR --workflow FILE --event EVENT [options]
  --event             ${EVENTS.join(' | ')}
  --payload FILE      event payload (JSON), laid over the one that is built
  --input k=v         input of workflow_dispatch, may repeat
  --ref REF           default: the branch that is checked out
  --sha SHA           default: HEAD
  --var k=v           configuration variable, may repeat
  --secret k=v        secret, may repeat
  --env k=v           variable of every process, may repeat
  --hold ENV=FILE     jobs of that environment wait until the file is there, as for a reviewer; may repeat
  --repository SLUG   owner/name that stands for this repository, default mlops-actions/mlops-actions
  --run-id N  --run-number N  --run-attempt N
  --oidc-key FILE     PEM of the key that signs OIDC tokens, default: a new one
  --oidc-subject      name (default) | immutable: whether \`sub\` carries the ids of owner and repository
  --out DIR           run.json, summary.md, logs/, summaries/, artifacts/
  --cancel-after S    cancel the run after S seconds
  --quiet             print the end alone
exit: 0 success, 1 failure, 2 wrong use or refused, 3 not listening to this event, 130 cancelled`

/** The command line is wrong; the message is one line. */
export class UsageError extends Error {}

export type CliOptions = Omit<RunOptions, 'cancel' | 'stop' | 'onJob'> & {
  readonly quiet: boolean
  readonly cancelAfterMs: number | undefined
}

const pairs = (flag: string, texts: readonly string[] = []): Readonly<Record<string, string>> =>
  Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=')
      if (equals < 1) throw new UsageError(`--${flag} ${text} | it has no name=value | write --${flag} name=value`)
      return [text.slice(0, equals), text.slice(equals + 1)]
    }),
  )

const number = (flag: string, text: string | undefined, fallback: number): number => {
  const value = text === undefined ? fallback : Number(text)
  if (!Number.isFinite(value) || value <= 0)
    throw new UsageError(`--${flag} ${text ?? ''} | it is not a positive number | write digits`)
  return value
}

const eventNamed = (text: string | undefined): EventName => {
  const found = EVENTS.find((name) => name === text)
  if (found === undefined) throw new UsageError(`--event ${text ?? ''} | it is not known | one of ${EVENTS.join(', ')}`)
  return found
}

const fromFile = <T>(flag: string, file: string, read: (text: string) => T): T => {
  try {
    return read(readFileSync(file, 'utf8'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError(`--${flag} ${file} cannot be read | ${why} | check the file`)
  }
}

const payloadOf = (file: string | undefined): Payload =>
  file === undefined ? {} : fromFile('payload', file, (text) => JSON.parse(text) as Payload)

// Read as a key here, so that a wrong one is found before anything runs.
const keyOf = (file: string | undefined): string | undefined =>
  file === undefined
    ? undefined
    : fromFile('oidc-key', file, (text) => createIssuer({ privateKeyPem: text }).privateKeyPem)

const required = (flag: string, text: string | undefined): string => {
  if (text === undefined) throw new UsageError(`--${flag} is missing | it says what to run | see --help`)
  return text
}

const subjectOf = (text: string | undefined): boolean => {
  if (text === undefined || text === 'name') return false
  if (text === 'immutable') return true
  throw new UsageError(`--oidc-subject ${text} | it is not known | write name or immutable`)
}

const parse = (args: readonly string[]) => {
  const one = { type: 'string' } as const
  const many = { type: 'string', multiple: true } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        repo: one,
        workflow: one,
        event: one,
        payload: one,
        input: many,
        ref: one,
        sha: one,
        var: many,
        secret: many,
        env: many,
        hold: many,
        repository: one,
        'run-id': one,
        'run-number': one,
        'run-attempt': one,
        'oidc-key': one,
        'oidc-subject': one,
        out: one,
        'cancel-after': one,
        quiet: flag,
        help: flag,
      },
    }).values
  } catch (error) {
    throw new UsageError(
      `${error instanceof Error ? error.message : String(error)} | the command is wrong | see --help`,
    )
  }
}

const runIdentity = (values: ReturnType<typeof parse>, now: number) => ({
  runId: values['run-id'] ?? String(now),
  runNumber: values['run-number'] ?? '1',
  runAttempt: number('run-attempt', values['run-attempt'], 1),
})

/** Reads the command line; undefined asks for help. Throws a UsageError. */
export const readArguments = (
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  now: number,
): CliOptions | undefined => {
  const values = parse(args)
  if (values.help === true) return undefined
  const repo = resolve(required('repo', values.repo))
  const workflow = required('workflow', values.workflow)
  const cache = environment['MLOPS_CACHE'] ?? join(homedir(), '.cache', 'mlops-actions')
  const cancelAfter = values['cancel-after']
  return {
    repo,
    workflow: isAbsolute(workflow) ? relative(repo, workflow) : workflow.replace(/^\.\//, ''),
    event: eventNamed(values.event),
    payload: payloadOf(values.payload),
    inputs: pairs('input', values.input),
    ref: values.ref,
    sha: values.sha,
    variables: pairs('var', values.var),
    secrets: pairs('secret', values.secret),
    environment: pairs('env', values.env),
    holds: pairs('hold', values.hold),
    repository: values.repository ?? 'mlops-actions/mlops-actions',
    identity: runIdentity(values, now),
    oidcKey: keyOf(values['oidc-key']),
    immutableSubject: subjectOf(values['oidc-subject']),
    out: values.out === undefined ? undefined : resolve(values.out),
    cacheFolder: join(cache, 'runner'),
    timing: GITHUB_TIMING,
    quiet: values.quiet === true,
    cancelAfterMs: cancelAfter === undefined ? undefined : number('cancel-after', cancelAfter, 1) * 1000,
  }
}
