import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ActionError, type EcrRepository, type Environment, type Log, registryHost } from '@mlops/core'

export interface EngineBuild {
  readonly repository: EcrRepository
  readonly login: { readonly user: string; readonly password: string }
  readonly context: string
  readonly buildArgs: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** Folder of the unpacked model, offered to the Dockerfile as the build context `model`. */
  readonly model?: string
  /** Folder for what the engine must know and leaves behind, its login among it. */
  readonly folder: string
}

export interface EngineContext {
  readonly environment: Environment
  readonly log: Log
  readonly signal: AbortSignal
}

interface Ended {
  readonly code: number
  readonly lines: readonly string[]
}

const SHOWN = 40

const noEngine = (why: string) =>
  new ActionError({
    code: 'E-NO-ENGINE',
    kind: 'user',
    what: 'the context holds a Dockerfile, and there is no Docker engine with buildx to build it',
    why,
    hint: 'run on a machine with Docker and docker/setup-buildx-action, or remove the Dockerfile: without one the image is put together by the action itself',
  })

/** Runs docker; resolves to how it ended and what it printed. Rejects with E-NO-ENGINE when there is none. */
const docker = (args: readonly string[], environment: Environment, signal: AbortSignal): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn('docker', args, { env: { ...environment }, stdio: ['ignore', 'pipe', 'pipe'], signal })
    let text = ''
    const collect = (chunk: Buffer) => {
      text += chunk.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : noEngine(error.message)))
    child.on('close', (code) => {
      const lines = text.split(/\r?\n/).filter((line) => line !== '')
      resolve({ code: code ?? 1, lines })
    })
  })

/** A login that lasts for this build alone, beside the builders and plugins that the machine has. */
const configure = ({ repository, login, folder }: EngineBuild, environment: Environment): Environment => {
  const home = environment['DOCKER_CONFIG'] ?? join(environment['HOME'] ?? '', '.docker')
  const config = join(folder, 'docker')
  mkdirSync(config, { recursive: true })
  const auth = Buffer.from(`${login.user}:${login.password}`).toString('base64')
  const document = { auths: { [registryHost(repository)]: { auth } }, cliPluginsExtraDirs: [join(home, 'cli-plugins')] }
  writeFileSync(join(config, 'config.json'), JSON.stringify(document), { mode: 0o600 })
  return { BUILDX_CONFIG: join(home, 'buildx'), ...environment, DOCKER_CONFIG: config }
}

const pairs = (option: string, all: Readonly<Record<string, string>>) =>
  Object.entries(all).flatMap(([name, value]) => [option, `${name}=${value}`])

const digestIn = (file: string): string => {
  const { 'containerimage.digest': digest = '' } = JSON.parse(readFileSync(file, 'utf8')) as Readonly<
    Record<string, string | undefined>
  >
  return digest
}

/**
 * Builds a Dockerfile and pushes the image without a tag; gives its digest. Docker's own formats and one machine, without
 * attestations: SageMaker takes no others. Throws E-NO-ENGINE, E-BUILD.
 */
export const buildWithEngine = async (
  build: EngineBuild,
  { environment, log, signal }: EngineContext,
): Promise<string> => {
  const configured = configure(build, environment)
  const version = await docker(['buildx', 'version'], configured, signal)
  if (version.code !== 0) throw noEngine(version.lines.at(-1) ?? 'docker buildx version failed')
  const { repository, context, buildArgs, labels, model, folder } = build
  const metadata = join(folder, 'metadata.json')
  const name = `${registryHost(repository)}/${repository.name}`
  const { code, lines } = await docker(
    [
      ...['buildx', 'build', '--platform', 'linux/amd64', '--provenance=false', '--sbom=false', '--progress=plain'],
      ...['--output', `type=image,name=${name},push=true,push-by-digest=true,name-canonical=true,oci-mediatypes=false`],
      ...['--metadata-file', metadata],
      ...(model === undefined ? [] : ['--build-context', `model=${model}`]),
      ...pairs('--build-arg', buildArgs),
      ...pairs('--label', labels),
      context,
    ],
    configured,
    signal,
  )
  signal.throwIfAborted()
  log.foreign(lines)
  if (code === 0) return digestIn(metadata)
  throw new ActionError({
    code: 'E-BUILD',
    kind: 'user',
    what: `docker buildx build ended with ${code}`,
    why: lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it said nothing',
    hint: 'the log above shows which instruction failed',
    report: {
      headline: 'The Docker engine did not build the image.',
      blocks: [{ kind: 'foreign', title: 'The end of its log', text: lines.slice(-SHOWN).join('\n') }],
    },
  })
}
