import { readFileSync } from 'node:fs'
import { ActionError } from '@mlops/core'
import { parseDocument } from 'yaml'
import { type Fields, fieldsOf, isFields, listOf, textOf } from '../fields.ts'
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

const readFile = (path: string): string => {
  if (!path.startsWith('/')) throw unusable(`it names the file ${path} by a relative path`, 'name it by its whole path')
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unusable(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** `<name>-data` in base64 goes before the file `<name>`, as kubectl has it. */
const pem = (fields: Fields, name: string): string | undefined => {
  const data = textOf(fields[`${name}-data`])
  if (data !== undefined) return Buffer.from(data, 'base64').toString()
  const path = textOf(fields[name])
  return path === undefined ? undefined : readFile(path)
}

/** Ways to log in that kubectl knows, or once knew, and that are refused rather than left out. */
const NOT_HERE = ['auth-provider', 'username', 'as', 'as-groups', 'as-uid', 'as-user-extra'] as const

const bearer = (token: string): Login => ({ authorization: `Bearer ${token.trim()}` })

const loginOf = (user: Fields, cluster: Fields, context: ClusterContext): Connection['login'] => {
  const other = NOT_HERE.find((name) => user[name] !== undefined && user[name] !== null)
  if (other !== undefined)
    throw unusable(`its user has ${other}, which is not supported`, 'use a token, a client certificate or exec')
  const [cert, key] = [pem(user, 'client-certificate'), pem(user, 'client-key')]
  const certificate: Login = cert === undefined || key === undefined ? {} : { cert, key }
  const file = textOf(user['tokenFile'])
  // A mounted token is replaced in its file now and then, so it is read each time, and goes before a fixed one (client-go).
  if (file !== undefined) {
    readFile(file)
    return () => Promise.resolve({ ...certificate, ...bearer(readFile(file)) })
  }
  const token = textOf(user['token'])
  if (token !== undefined) return () => Promise.resolve({ ...certificate, ...bearer(token) })
  if (!isFields(user['exec'])) return () => Promise.resolve(certificate)
  const exec = execLogin(user['exec'], cluster, context)
  return async (refused) => ({ ...certificate, ...(await exec(refused)) })
}

const urlOf = (cluster: Fields): URL => {
  const server = textOf(cluster['server']) ?? ''
  if (!URL.canParse(server)) throw unusable('the server of its cluster is no URL')
  return new URL(server)
}

/** Reads the current context of a kubeconfig. Throws E-INPUT naming what cannot be used, never a secret of it. */
export const readKubeconfig = (text: string, context: ClusterContext): Connection => {
  const document = documentOf(text)
  const current = textOf(document['current-context'])
  if (current === undefined) throw unusable('it has no current-context')
  const { cluster: clusterName, user: userName } = entry(document, 'contexts', 'context', current)
  const cluster = entry(document, 'clusters', 'cluster', String(clusterName))
  const user = entry(document, 'users', 'user', String(userName))
  const [ca, serverName, proxy] = [
    pem(cluster, 'certificate-authority'),
    textOf(cluster['tls-server-name']),
    textOf(cluster['proxy-url']),
  ]
  return {
    server: urlOf(cluster),
    insecure: cluster['insecure-skip-tls-verify'] === true,
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(proxy === undefined ? {} : { proxy }),
    login: loginOf(user, cluster, context),
    caller: () => Promise.resolve(`the user ${String(userName)} of the kubeconfig`),
  }
}
