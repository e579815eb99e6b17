import type { EpochMs } from './brand.ts'

/** Time as an argument, so that a test can step it. */
export interface Clock {
  readonly now: () => EpochMs
  /** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** Uniform in [0, 1). */
export interface Random {
  readonly next: () => number
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Mints a fresh OIDC token of this workflow job for an audience. Tokens live minutes: never cache one. */
export type IdToken = (audience: string) => Promise<string>

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/** Credentials that are good for at least some minutes; asked for again before each use. */
export type Credentials = () => Promise<AwsCredentials>

export interface Log {
  readonly info: (line: string) => void
  readonly notice: (line: string) => void
  readonly warning: (line: string, at?: SourceLocation) => void
  readonly error: (line: string, at?: SourceLocation) => void
  /** Prints text that somebody else wrote, so that no line of it can be taken for a workflow command. */
  readonly foreign: (lines: readonly string[]) => void
  /** Hides a value in everything that is logged from now on. */
  readonly mask: (value: string) => void
}

export interface SourceLocation {
  readonly file: string
  readonly line?: number
  readonly column?: number
  readonly title?: string
}

/** What outlives the main step: read by its `post`, also when the main process was killed. */
export interface State {
  readonly save: (key: string, value: string) => void
  readonly load: (key: string) => string | undefined
}

export interface Files {
  /** Reads a UTF-8 file relative to the workspace; throws an ENOENT error when it is missing. */
  readonly readText: (path: string) => string
  /** Writes a file into the step's own temporary folder and returns its absolute path. */
  readonly writeTemporary: (name: string, content: string | Uint8Array) => string
}

/** Who runs this: the facts of the workflow run that names, tags and reports are made from. */
export interface RunIdentity {
  readonly runId: string
  /** Counts the runs of the workflow: what people see as run 17. */
  readonly runNumber: string
  readonly runAttempt: number
  readonly repository: string
  readonly sha: string
  readonly ref: string
  readonly actor: string
  readonly eventName: string
  readonly workflow: string
  readonly job: string
  readonly serverUrl: string
  readonly apiUrl: string
}
