import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { getCACertificates } from 'node:tls'
import { ActionError, type Environment } from '@mlops/core'
import type { Connection } from '../connection/target.ts'

/** Requests under way at once: more would only wait in the API server's own queues. */
const AT_ONCE = 16

const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'] as const

const proxies = (environment: Environment, proxy: string | undefined): Readonly<Record<string, string>> => {
  if (proxy !== undefined) return { HTTPS_PROXY: proxy, HTTP_PROXY: proxy }
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = environment[name]
      return value === undefined || value === '' ? [] : [[name, value]]
    }),
  )
}

const isLoopback = ({ hostname }: URL) => /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname)

/**
 * How an API server's sockets are made: by the environment's proxies, with the cluster's certificates and those of
 * NODE_EXTRA_CA_CERTS (an own list would shut those out). Throws E-INPUT for an address that would show the login to others.
 */
export const agentsFor = ({ server, ca, insecure, serverName, proxy }: Connection, environment: Environment) => {
  const proxyEnv = proxies(environment, proxy)
  // What `kubectl proxy` offers is on this machine.
  if (server.protocol === 'http:' && isLoopback(server))
    return {
      request: httpRequest,
      pooled: new HttpAgent({ keepAlive: true, maxSockets: AT_ONCE, proxyEnv }),
      single: new HttpAgent({ proxyEnv }),
    }
  if (server.protocol !== 'https:')
    throw new ActionError({
      code: 'E-INPUT',
      kind: 'user',
      what: `the cluster's address ${server.origin} cannot be used`,
      why: 'it is not https, so that everybody on the way could read the login',
      hint: 'give the https address of the API server',
    })
  const tls = {
    ...(ca === undefined ? {} : { ca: [ca, ...getCACertificates('extra')] }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    rejectUnauthorized: !insecure,
    proxyEnv,
  }
  return {
    request: httpsRequest,
    pooled: new HttpsAgent({ ...tls, keepAlive: true, maxSockets: AT_ONCE }),
    single: new HttpsAgent(tls),
  }
}

export type Agents = ReturnType<typeof agentsFor>
