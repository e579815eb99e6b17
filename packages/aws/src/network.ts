import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Environment } from '@mlops/core'
import { NodeHttpHandler } from '@smithy/node-http-handler'

const CONNECT_MS = 5000
/** Between two bytes; the longest of our calls is the upload of a source archive. */
const SILENCE_MS = 30_000

/** The SDK would write its advice to the console, past the step's own log. */
export const SILENT = Object.fromEntries(
  (['trace', 'debug', 'info', 'warn', 'error'] as const).map((level) => [level, () => undefined]),
) as Readonly<Record<'trace' | 'debug' | 'info' | 'warn' | 'error', () => void>>

const proxies = ({ HTTP_PROXY, HTTPS_PROXY, NO_PROXY, http_proxy, https_proxy, no_proxy }: Environment) =>
  Object.fromEntries(
    Object.entries({ HTTP_PROXY, HTTPS_PROXY, NO_PROXY, http_proxy, https_proxy, no_proxy }).filter(
      ([, value]) => value !== undefined && value !== '',
    ),
  )

/**
 * A handler that goes through the proxies of the environment: the SDK ignores them by itself
 * (aws/aws-sdk-js-v3 issue 4126); Node's agents read them since 24.5 (`proxyEnv`). NODE_EXTRA_CA_CERTS is Node's own.
 */
export const requestHandler = (environment: Environment): NodeHttpHandler => {
  const proxyEnv = proxies(environment)
  return new NodeHttpHandler({
    connectionTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    logger: SILENT,
    httpAgent: new HttpAgent({ keepAlive: true, proxyEnv }),
    httpsAgent: new HttpsAgent({ keepAlive: true, proxyEnv }),
  })
}
