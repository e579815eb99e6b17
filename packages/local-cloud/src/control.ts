import type { LocalEksCluster } from './account.ts'

/** One permission that a request needed, and what the policies said. */
export interface RecordedCheck {
  readonly action: string
  readonly resource: string
  readonly allowed: boolean
}

export interface RecordedCall {
  readonly seq: number
  /** Seconds since 1970 on the cloud's clock. */
  readonly time: number
  readonly service: string
  readonly operation: string
  /** ARN of who called. */
  readonly principal: string
  /** Access key of who called. */
  readonly caller: string
  /** Name in the request: of the job, the bucket, … */
  readonly name?: string
  readonly status?: number
  readonly error?: string
  readonly fault?: string
  readonly checks: readonly RecordedCheck[]
}

export interface Fault {
  readonly kind:
    | 'throttle'
    | '500'
    | '503'
    /** The connection is reset before anything happens. */
    | 'reset'
    /** It happens, and then the connection is reset. */
    | 'lost-response'
    | 'expired'
    | 'denied'
    | 'latency'
    | 'quota'
    /** Of a job: no machine, an internal error, or a spot machine that is taken away after `seconds`. */
    | 'capacity'
    | 'internal'
    | 'interrupt'
  /** Patterns with `*`. */
  readonly service?: string
  readonly operation?: string
  readonly principal?: string
  /** How many matching requests it befalls; 1 by default. */
  readonly times?: number
  readonly skip?: number
  readonly probability?: number
  readonly seconds?: number
  readonly message?: string
  readonly code?: string
}

export interface LocalJob {
  readonly kind: 'training' | 'processing'
  readonly name: string
  readonly status: string
  /** Leader of the process group in which its code runs. */
  readonly pid?: number
}

/** What scans of a repository's images come to, or of one image when it names a digest. */
interface ScanOutcome {
  readonly repository: string
  readonly digest?: string
  /** COMPLETE by default. IN_PROGRESS and PENDING never come to an end. */
  readonly status?: string
  /** Findings of a basic scan, as ECR gives them. */
  readonly findings?: readonly { readonly severity: string; readonly [member: string]: unknown }[]
  /** Findings of Amazon Inspector, which then take the place of the others. */
  readonly enhanced?: readonly { readonly severity: string; readonly [member: string]: unknown }[]
  /** How long a scan is under way. */
  readonly seconds?: number
  readonly description?: string
}

/** What a test may see and change of the cloud itself. */
export interface Control {
  readonly calls: () => Promise<readonly RecordedCall[]>
  readonly clearCalls: () => Promise<void>
  readonly fault: (fault: Fault) => Promise<void>
  readonly clearFaults: () => Promise<void>
  /** Seconds since 1970 on the cloud's clock. */
  readonly now: () => Promise<number>
  readonly advance: (seconds: number) => Promise<void>
  readonly jobs: () => Promise<readonly LocalJob[]>
  readonly interrupt: (job: string) => Promise<void>
  readonly scanOutcome: (outcome: ScanOutcome) => Promise<void>
  /** Deletes an image, as a lifecycle policy does. */
  readonly expireImage: (repository: string, digest: string) => Promise<void>
  /** What EKS's DescribeCluster answers for that name from now on. */
  readonly setCluster: (name: string, cluster: LocalEksCluster) => Promise<void>
}

/** The control API of a running cloud. Throws what the cloud says when it refuses. */
export const controlOf = (endpoint: string): Control => {
  const ask = async (method: string, name: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${endpoint}/_local/${name}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const found: unknown = await response.json()
    if (!response.ok) throw new Error(`${method} ${name}: ${JSON.stringify(found)}`)
    return found
  }
  return {
    calls: async () => (await ask('GET', 'calls')) as readonly RecordedCall[],
    clearCalls: async () => void (await ask('DELETE', 'calls')),
    fault: async (fault) => void (await ask('POST', 'faults', fault)),
    clearFaults: async () => void (await ask('DELETE', 'faults')),
    now: async () => ((await ask('GET', 'clock')) as { readonly now: number }).now,
    advance: async (seconds) => void (await ask('POST', 'clock', { advance: seconds })),
    jobs: async () => (await ask('GET', 'jobs')) as readonly LocalJob[],
    interrupt: async (job) => void (await ask('POST', 'interrupt', { job })),
    scanOutcome: async (outcome) => void (await ask('POST', 'scan-findings', outcome)),
    expireImage: async (repository, digest) => void (await ask('POST', 'expire-image', { repository, digest })),
    setCluster: async (name, cluster) => void (await ask('POST', 'clusters', { name, ...cluster })),
  }
}
