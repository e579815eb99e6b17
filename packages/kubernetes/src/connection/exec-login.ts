import { execFile } from 'node:child_process'
import { ActionError } from '@mlops/core'
import { type Fields, fieldsOf, listOf, parsed, textOf } from '../fields.ts'
import type { ClusterContext, Login } from './target.ts'

const RUN_MS = 60_000
/** Less than what any cloud's tokens live; one that ends sooner is refused, and then made anew. */
const USED_MS = 10 * 60_000
const VERSION = 'client.authentication.k8s.io/v1'

const failed = (command: string, why: string, cause?: unknown) =>
  new ActionError({
    code: 'E-UNAUTHENTICATED',
    kind: 'user',
    what: `the kubeconfig's program ${command} gave no credential`,
    why,
    hint: 'run it by hand in this environment; for EKS give the input cluster instead, which needs no program',
    cause,
  })

/** What the program printed: an ExecCredential. */
const credentialOf = (command: string, printed: string): Login => {
  const { token, clientCertificateData, clientKeyData } = fieldsOf(fieldsOf(parsed(printed))['status'])
  const [bearer, cert, key] = [textOf(token), textOf(clientCertificateData), textOf(clientKeyData)]
  if (bearer === undefined && (cert === undefined || key === undefined))
    throw failed(command, 'it printed neither a token nor a certificate with its key')
  return {
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  }
}

const variablesOf = (exec: Fields): Readonly<Record<string, string>> =>
  Object.fromEntries(
    listOf(exec['env'])
      .map(fieldsOf)
      .map(({ name, value }) => [String(name), String(value)]),
  )

const execInfo = (exec: Fields, cluster: Fields) =>
  JSON.stringify({
    apiVersion: textOf(exec['apiVersion']) ?? VERSION,
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      ...(exec['provideClusterInfo'] === true
        ? {
            cluster: {
              server: cluster['server'],
              'tls-server-name': cluster['tls-server-name'],
              'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
              'certificate-authority-data': cluster['certificate-authority-data'],
              'proxy-url': cluster['proxy-url'],
            },
          }
        : {}),
    },
  })

/**
 * Logs in by the program that a kubeconfig names, with the step's environment. It is run again when its credential is ten
 * minutes old or was refused. Throws E-UNAUTHENTICATED with what the program complained of.
 */
export const execLogin = (exec: Fields, cluster: Fields, context: ClusterContext) => {
  const { clock, environment, signal } = context
  const command = textOf(exec['command'])
  const args = listOf(exec['args']).map(String)
  if (command === undefined) throw failed('', 'its exec names no command')
  const env = { ...environment, ...variablesOf(exec), KUBERNETES_EXEC_INFO: execInfo(exec, cluster) }
  const run = () =>
    new Promise<Login>((resolve, reject) => {
      execFile(command, args, { env, signal, timeout: RUN_MS }, (error, stdout, stderr) => {
        if (signal.aborted) return reject(signal.reason as Error)
        if (error !== null) return reject(failed(command, stderr.trim() === '' ? error.message : stderr, error))
        try {
          resolve(credentialOf(command, stdout))
        } catch (cause) {
          reject(cause)
        }
      })
    })
  let held: { readonly login: Promise<Login>; readonly at: number } | undefined
  return (refused: boolean): Promise<Login> => {
    if (held !== undefined && !refused && clock.now() - held.at < USED_MS) return held.login
    const mine = { login: run(), at: clock.now() }
    held = mine
    // One that failed is not kept.
    mine.login.catch(() => {
      if (held === mine) held = undefined
    })
    return mine.login
  }
}
