import type { Clock, Environment, Random } from '@mlops/core'

/** What a connection to a cluster needs of the step. */
export interface ClusterContext {
  readonly clock: Clock
  readonly random: Random
  /** For proxies, and for programs that log in. */
  readonly environment: Environment
  readonly signal: AbortSignal
}

/** Gives a token that is good for some minutes; a new one when the last was refused. Asked for before each request. */
export type Token = (refused?: boolean) => Promise<string>

export type ClusterTarget =
  | { readonly kind: 'kubeconfig'; readonly text: string }
  | {
      readonly kind: 'eks'
      readonly endpoint: string
      /** PEM of who signed the API server's certificate. */
      readonly certificateAuthority: string
      readonly token: Token
      /** ARN that the tokens stand for: named when the cluster refuses them. */
      readonly caller?: () => Promise<string>
    }

/** What a request shows to be let in. */
export interface Login {
  readonly authorization?: string
  readonly cert?: string
  readonly key?: string
}

/** Where the API server is, and how it is reached and entered. */
export interface Connection {
  readonly server: URL
  /** PEM; the system's certificates when there is none. */
  readonly ca?: string
  readonly insecure: boolean
  readonly serverName?: string
  /** Takes the place of the environment's proxies. */
  readonly proxy?: string
  readonly login: (refused: boolean) => Promise<Login>
  /** Who the login belongs to, in words for an error line. */
  readonly caller: () => Promise<string>
}
