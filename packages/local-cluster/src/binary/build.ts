import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { cacheFolder, once } from './cache.ts'
import { findToolchain, getToolchain, type Toolchain } from './toolchain.ts'

const MODULE = join(import.meta.dirname, '../../control-plane')
const KUBERNETES = /^\s*k8s\.io\/kubernetes v(\d+)\.(\d+)\.(\d+)$/m
const BUILD_BYTES = 3.5e9
const PROGRESS_MS = 30_000

export type Progress = (line: string) => void

const input = (name: string): string => readFileSync(join(MODULE, name), 'utf8')

/** Which binary a toolchain would make of the module as it is now. */
const keyOf = ({ version }: Toolchain): string => {
  const hash = createHash('sha256')
  for (const name of ['go.mod', 'go.sum', 'main.go']) hash.update(`${name}\n${input(name)}\n`)
  return hash.update(version).digest('hex').slice(0, 16)
}

// Without these the server calls itself v0.0.0 and clients complain of the skew.
const versionFlags = (): string => {
  const [, major, minor, patch] = KUBERNETES.exec(input('go.mod')) ?? []
  const version = `v${major}.${minor}.${patch}`
  return [
    '-s -w',
    `-X k8s.io/component-base/version.gitVersion=${version}`,
    `-X k8s.io/component-base/version.gitMajor=${major}`,
    `-X k8s.io/component-base/version.gitMinor=${minor}`,
    `-X k8s.io/client-go/pkg/version.gitVersion=${version}`,
  ].join(' ')
}

const digestOf = async (file: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

interface Go {
  readonly toolchain: Toolchain
  readonly folder: string
  readonly signal: AbortSignal | undefined
}

/** Runs go with its words in a file, so that it never waits for this process to read them. */
const runGo = async ({ toolchain, folder, signal }: Go, name: string, args: readonly string[]): Promise<string> => {
  const log = join(folder, `${name}.log`)
  const file = openSync(log, 'w')
  const child = spawn(toolchain.go, args, {
    cwd: MODULE,
    stdio: ['ignore', file, file],
    ...(signal && { signal, killSignal: 'SIGTERM' }),
    env: {
      ...process.env,
      CGO_ENABLED: '0',
      GOCACHE: join(folder, 'go-build'),
      GOFLAGS: '-mod=readonly -modcacherw -trimpath -buildvcs=false',
      GOTOOLCHAIN: 'local',
      ...(toolchain.isOurs && { GOPATH: join(folder, 'go') }),
    },
  })
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      const last = () => readFileSync(log, 'utf8').trim().slice(-1000)
      if (code === 0) resolve()
      else reject(new Error(`go ${args[0]} failed | ${last()} | check the network, the proxy and GOPROXY`))
    })
  })
  return readFileSync(log, 'utf8')
}

const lines = (text: string): number => text.split('\n').length - 1

const compile = async (go: Go, binary: string, progress: Progress): Promise<void> => {
  progress('getting the modules of the control plane (90 MB)')
  await runGo(go, 'download', ['mod', 'download'])
  const total = lines(await runGo(go, 'list', ['list', '-deps', '.']))
  const started = performance.now()
  const tell = () => {
    const done = lines(readFileSync(join(go.folder, 'build.log'), 'utf8'))
    progress(`${done} of ${total} packages compiled (${Math.round((performance.now() - started) / 1000)} s)`)
  }
  const ticking = setInterval(tell, PROGRESS_MS)
  try {
    await runGo(go, 'build', ['build', '-v', '-ldflags', versionFlags(), '-o', binary, '.'])
  } finally {
    clearInterval(ticking)
  }
}

const checkSpace = (folder: string) => {
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < BUILD_BYTES)
    throw new Error(
      `compiling the control plane needs ${BUILD_BYTES / 1e9} GB for a while, and ${folder} has ` +
        `${((bavail * bsize) / 1e9).toFixed(1)} GB | set MLOPS_CACHE to a folder with more space`,
    )
}

/** Makes the folder of a binary: compiled aside, then moved into place as a whole. */
const make = async (toolchain: Toolchain, folder: string, { progress, signal }: BuildOptions): Promise<void> => {
  // The compiler's own cache stays when it is interrupted, so that the next one goes on from there.
  const work = join(cacheFolder(), 'building')
  mkdirSync(work, { recursive: true })
  checkSpace(work)
  const part = join(work, 'bin')
  rmSync(part, { recursive: true, force: true })
  mkdirSync(part)
  const binary = join(part, 'localkube')
  progress(
    'compiling a Kubernetes control plane, once on this machine (5 minutes on 2 idle cores, up to 15 beside other work)',
  )
  await compile({ toolchain, folder: work, signal }, binary, progress)
  writeFileSync(join(part, 'sha256'), await digestOf(binary))
  rmSync(folder, { recursive: true, force: true })
  renameSync(part, folder)
  rmSync(work, { recursive: true, force: true })
  progress('the control plane is compiled')
}

export interface BuildOptions {
  readonly progress: Progress
  /** Ends the compiler. */
  readonly signal?: AbortSignal | undefined
}

/**
 * The control plane's binary, compiled once on this machine and kept in the user's cache, keyed by what it is made of. Safe
 * for several processes at once. Throws one sentence that says what is missing.
 */
export const ensureBinary = async (options: BuildOptions): Promise<string> => {
  const cache = cacheFolder()
  const toolchain = findToolchain(cache) ?? (await getToolchain(cache))
  const folder = join(cache, `localkube-${keyOf(toolchain)}`)
  const binary = join(folder, 'localkube')
  const isIntact = async () => {
    if (!existsSync(folder)) return true
    return existsSync(binary) && (await digestOf(binary)) === readFileSync(join(folder, 'sha256'), 'utf8')
  }
  mkdirSync(cache, { recursive: true })
  if (!(await isIntact())) {
    options.progress(`${binary} is not what was compiled; compiling it anew`)
    rmSync(folder, { recursive: true, force: true })
  }
  const onWait = () => options.progress('another process is compiling the control plane; waiting for it')
  await once({ lock: join(cache, 'building.lock'), isDone: () => existsSync(folder), onWait }, () =>
    make(toolchain, folder, options),
  )
  return binary
}

export interface Build {
  /** The binary, or why there is none. */
  readonly binary: () => Promise<string>
  /** Ends it; what is compiled so far is kept for the next one. */
  readonly stop: () => Promise<void>
}

/** Begins `ensureBinary` at once and lets its caller wait for it later. */
export const startBuild = ({ progress }: { readonly progress: Progress }): Build => {
  const abort = new AbortController()
  // Begun later than this line, so that a missing Go is told to who asks for the binary.
  const settled = Promise.resolve()
    .then(() => ensureBinary({ progress, signal: abort.signal }))
    .then(
      (binary) => ({ binary }),
      (error: unknown) => ({ error }),
    )
  return {
    binary: async () => {
      const result = await settled
      if ('error' in result) throw result.error
      return result.binary
    },
    stop: async () => {
      abort.abort()
      await settled
    },
  }
}
