import { generateKeyPairSync } from 'node:crypto'
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { freePort } from '../processes.ts'
import { auditPolicy } from './audit.ts'
import { MARK } from './folder.ts'

/** Somebody with a token of their own. */
export interface Identity {
  readonly name: string
  readonly groups: readonly string[]
  readonly token: string
}

/** Where a cluster lives, and the processes it consists of, by name. */
export interface Home {
  readonly folder: string
  readonly parts: Map<string, ChildProcess>
}

export interface Layout extends Home {
  readonly endpoint: string
  /** Written by the API server at its first start. */
  readonly caFile: string
  readonly auditLog: string
  /** The API server reaches pods and the kubelet only through this Unix socket. */
  readonly egress: string
}

export const layoutOf = (home: Home, port: number): Layout => ({
  ...home,
  endpoint: `https://127.0.0.1:${port}`,
  caFile: join(home.folder, 'certs/apiserver.crt'),
  auditLog: join(home.folder, 'audit.log'),
  egress: join(home.folder, 'egress.sock'),
})

/** Writes a document below the folder of a cluster, readable by its owner only, and gives its path. */
export const write = (folder: string, name: string, content: unknown): string => {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })
  return path
}

/** A kubeconfig file with one context. */
export const kubeconfig = (
  { folder, endpoint, caFile }: Pick<Layout, 'folder' | 'endpoint' | 'caFile'>,
  { name, token }: Pick<Identity, 'name' | 'token'>,
): string =>
  write(folder, `${name.replaceAll(/[^\w.-]/g, '_')}.kubeconfig`, {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'local', cluster: { server: endpoint, 'certificate-authority': caFile } }],
    users: [{ name, user: { token } }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: name } }],
    'current-context': 'local',
  })

/** Starts a process of the cluster in a group of its own, with its words in a log of its name. */
export const startPart = ({ folder, parts }: Home, name: string, command: readonly string[]): void => {
  const [file = '', ...args] = command
  const log = openSync(join(folder, `${name}.log`), 'a')
  const child = spawn(file, args, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'], HOME: folder, [MARK]: folder },
  })
  closeSync(log)
  // It must not keep its owner from ending: whoever owns the cluster waits for what they want.
  child.unref()
  parts.set(name, child)
}

/** Kills one process of a cluster. */
export const killPart = ({ parts }: Home, name: string): void => {
  parts.get(name)?.kill('SIGKILL')
}

export interface ControlPlane extends Layout {
  readonly binary: string
  readonly identities: readonly Identity[]
  readonly controllerManager: Identity
  readonly scheduler: Identity
  /** kubeconfig of the TokenReview webhook, when there is one. */
  readonly webhook: string | undefined
  readonly auditRules: readonly object[]
}

const flags = (all: Readonly<Record<string, string | number | boolean>>): readonly string[] =>
  Object.entries(all).map(([name, value]) => `--${name}=${value}`)

const tokensFile = (identities: readonly Identity[]) =>
  identities.map(({ name, groups, token }) => `${token},${name},${name},"${groups.join(',')}"\n`).join('')

const egressSelector = (socket: string) => ({
  apiVersion: 'apiserver.k8s.io/v1beta1',
  kind: 'EgressSelectorConfiguration',
  egressSelections: [
    { name: 'cluster', connection: { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName: socket } } } },
  ],
})

/** Starts etcd and gives its URL. */
export const startEtcd = async (plane: ControlPlane): Promise<string> => {
  const { binary, folder } = plane
  const client = `http://127.0.0.1:${await freePort()}`
  const peer = `http://127.0.0.1:${await freePort()}`
  const all = { 'data-dir': join(folder, 'etcd'), 'client-url': client, 'peer-url': peer }
  startPart(plane, 'etcd', [binary, 'etcd', ...flags(all)])
  return client
}

/** Starts, or starts again, the API server. */
export const startApiServer = (plane: ControlPlane, etcd: string): void => {
  const { binary, folder, endpoint, auditLog, auditRules, egress, webhook, identities } = plane
  const key = join(folder, 'service-accounts.key')
  startPart(plane, 'kube-apiserver', [
    ...[binary, 'kube-apiserver'],
    ...flags({
      'etcd-servers': etcd,
      'bind-address': '127.0.0.1',
      'advertise-address': '127.0.0.1',
      'secure-port': new URL(endpoint).port,
      'cert-dir': join(folder, 'certs'),
      'token-auth-file': write(folder, 'tokens.csv', tokensFile(identities)),
      'authorization-mode': 'Node,RBAC',
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-key-file': key,
      'service-account-signing-key-file': key,
      'service-cluster-ip-range': '10.245.0.0/16',
      // The loopback address that it would advertise is no valid endpoint.
      'endpoint-reconciler-type': 'none',
      'egress-selector-config-file': write(folder, 'egress.json', egressSelector(egress)),
      'allow-privileged': true,
      'audit-policy-file': write(folder, 'audit.json', auditPolicy(auditRules)),
      'audit-log-path': auditLog,
      ...(webhook !== undefined && {
        'authentication-token-webhook-config-file': webhook,
        'authentication-token-webhook-version': 'v1',
        'authentication-token-webhook-cache-ttl': '10s',
      }),
    }),
  ])
}

const common = (plane: ControlPlane, who: Identity) => ({
  kubeconfig: kubeconfig(plane, who),
  'leader-elect': false,
  // Nobody asks them for metrics, and without a port they need no certificate.
  'secure-port': 0,
})

/** What must lie in the folder before anything starts. */
export const prepare = ({ folder, binary }: ControlPlane): void => {
  mkdirSync(join(folder, 'bin'))
  symlinkSync(binary, join(folder, 'bin/kubectl'))
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  write(folder, 'service-accounts.key', privateKey.export({ type: 'sec1', format: 'pem' }).toString())
}

/** Starts the controller manager and the scheduler, once the API server is ready. */
export const startControllers = (plane: ControlPlane): void => {
  const { folder, binary, caFile, controllerManager, scheduler } = plane
  startPart(plane, 'kube-controller-manager', [
    ...[binary, 'kube-controller-manager'],
    ...flags({
      ...common(plane, controllerManager),
      'service-account-private-key-file': join(folder, 'service-accounts.key'),
      'root-ca-file': caFile,
      // An own account for each controller costs five seconds at the start.
      'use-service-account-credentials': false,
    }),
  ])
  startPart(plane, 'kube-scheduler', [binary, 'kube-scheduler', ...flags(common(plane, scheduler))])
}
