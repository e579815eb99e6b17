import { existsSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { isAbsolute } from 'node:path'
import { ActionError } from '@mlops/core'
import { parseDocument } from 'yaml'
import { type Fields, fieldsOf, isFields, listOf, textOf } from '../fields.ts'
import { KubeConfig } from './client-node.ts'
import { execLogin } from './exec-login.ts'
import type { ClusterContext, Connection, Login } from './target.ts'

// Nothing of the text is ever quoted: it holds keys and tokens.
const unusable = (why: string, hint = 'give a kubeconfig that kubectl can use from here') =>
  new ActionError({ code: 'E-INPUT', kind: 'user', what: 'the kubeconfig cannot be used', why, hint })

const documentOf = (text: string): Fields => {
  const document = parseDocument(text, { prettyErrors: false })
  const [error] = document.errors
  if (error !== undefined) throw unusable(`it is not sound YAML: ${error.code} at character ${error.pos[0]}`)
  const value: unknown = document.toJS()
  if (!isFields(value)) throw unusable('it holds no fields')
  return value
}

/** The member `part` of the entry of that name, as `users[].user`. */
const entry = (document: Fields, list: string, part: string, name: string): Fields => {
  const found = listOf(document[list])
    .map(fieldsOf)
    .find((one) => one['name'] === name)
  if (found === undefined) throw unusable(`it names ${part} ${name}, but has none of that name`)
  return fieldsOf(found[part])
}

/** The entries that are in use; those of other contexts may be as they like. */
interface Used {
  readonly cluster: Fields
  readonly user: Fields
  readonly userName: string
}

const usedOf = (document: Fields): Used => {
  const current = textOf(document['current-context'])
  if (current === undefined) throw unusable('it has no current-context')
  const { cluster, user } = entry(document, 'contexts', 'context', current)
  const userName = String(user)
  return {
    cluster: entry(document, 'clusters', 'cluster', String(cluster)),
    user: entry(document, 'users', 'user', userName),
    userName,
  }
}

const FILES = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'] as const

const checkFiles = (fields: Fields) => {
  for (const name of FILES) {
    const path = textOf(fields[name])
    if (path === undefined) continue
    if (!isAbsolute(path)) throw unusable(`it names the file ${path} by a relative path`, 'name it by its whole path')
    if (!existsSync(path)) throw unusable(`${path} is not there`)
  }
}

/** What kubectl does for somebody else: a right of its own, which no step should need. */
const IMPERSONATION = ['as', 'as-groups', 'as-uid', 'as-user-extra'] as const

const checkUsed = ({ cluster, user }: Used) => {
  const other = IMPERSONATION.find((name) => user[name] !== undefined && user[name] !== null)
  if (other !== undefined) throw unusable(`its user has ${other}, which is not supported`, 'log in as who deploys')
  if (!URL.canParse(textOf(cluster['server']) ?? '')) throw unusable('the server of its cluster is no URL')
  checkFiles(cluster)
  checkFiles(user)
}

/** The official client knows `tokenFile` by another name. */
const asItsClientReads = ({ tokenFile, ...user }: Fields): Fields =>
  tokenFile === undefined
    ? user
    : { ...user, token: undefined, 'auth-provider': { name: 'tokenFile', config: { tokenFile } } }

const clientOf = ({ cluster, user }: Used): KubeConfig => {
  const config = new KubeConfig()
  const name = 'used'
  config.loadFromString(
    JSON.stringify({
      clusters: [{ name, cluster }],
      users: [{ name, user: asItsClientReads(user) }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    }),
  )
  return config
}

const pem = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : value instanceof Uint8Array ? Buffer.from(value).toString() : undefined

/** What the official client would put on a request: TLS options, and the header by which the user is known. */
const optionsOf = async (client: KubeConfig): Promise<RequestOptions> => {
  const options: RequestOptions = { headers: {} }
  try {
    await client.applyToHTTPSOptions(options)
  } catch (error) {
    // Its errors name files and programs, not what is in them.
    throw unusable(`the login of its user failed: ${error instanceof Error ? error.message : String(error)}`)
  }
  return options
}

const authorizationOf = ({ auth, headers }: RequestOptions): string | undefined => {
  if (typeof auth === 'string') return `Basic ${Buffer.from(auth).toString('base64')}`
  return textOf(fieldsOf(headers)['Authorization'])
}

const loginFrom = (options: RequestOptions): Login => {
  const [cert, key, authorization] = [pem(options.cert), pem(options.key), authorizationOf(options)]
  return {
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(authorization === undefined ? {} : { authorization: authorization.trim() }),
  }
}

/**
 * Reads the current context of a kubeconfig by the official client, except for programs that log in: its own way of running
 * them blocks the process and never runs them again. Throws E-INPUT naming what cannot be used, never a secret of it.
 */
export const readKubeconfig = async (text: string, context: ClusterContext): Promise<Connection> => {
  const used = usedOf(documentOf(text))
  checkUsed(used)
  const { exec, ...user } = used.user
  const program = isFields(exec) ? execLogin(exec, used.cluster, context) : undefined
  let client = clientOf({ ...used, user })
  const cluster = client.getCurrentCluster()
  const ca = pem((await optionsOf(client)).ca)
  return {
    server: new URL(cluster?.server ?? ''),
    insecure: cluster?.skipTLSVerify ?? false,
    ...(ca === undefined ? {} : { ca }),
    ...(cluster?.tlsServerName === undefined ? {} : { serverName: cluster.tlsServerName }),
    ...(cluster?.proxyUrl === undefined ? {} : { proxy: cluster.proxyUrl }),
    login: async (refused) => {
      // It remembers tokens, those of files for a minute; what was refused is not to be remembered.
      if (refused) client = clientOf({ ...used, user })
      return { ...loginFrom(await optionsOf(client)), ...(await program?.(refused)) }
    },
    caller: () => Promise.resolve(`the user ${used.userName} of the kubeconfig`),
  }
}
