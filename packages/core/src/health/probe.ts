import type { ProbeResult } from './attempt.ts'

export interface ProbeRequest {
  readonly method: string
  /** With its query, beginning with a slash. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
}

/** Something that checks are asked of: a service, one of its pods, or an address. */
export interface Subject {
  /** As people call it: `pod/model-abc`. */
  readonly name: string
  /** Sends one request, once. That nothing answered is a result, and only the cluster's own faults are errors. */
  readonly ask: (request: ProbeRequest) => Promise<ProbeResult>
}
