import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * The root folder of a container, without a mount namespace: a process sees this machine's files, so texts that name files
 * of the image, and ports that the pod calls its own, are translated before it starts.
 */
export interface Root {
  readonly folder: string
  /** The pod's ports, and the ones of 127.0.0.1 that stand for them. */
  readonly ports: ReadonlyMap<string, number>
}

// What lies here is this machine's, unless the image or a volume has that very file.
const KERNEL = /^\/(dev|proc|sys)(\/|$)/

const isOfRoot = ({ folder }: Root, path: string): boolean => {
  // Never out of the root: `/..` is `/`.
  const inside = join('/', path)
  if (existsSync(join(folder, inside))) return true
  const parent = dirname(inside)
  return parent !== '/' && !KERNEL.test(inside) && existsSync(join(folder, parent))
}

const PATHS = /(^|[\s=:,;'"(<>])(\/(?!\/)[^\s:,;'"()<>|&]*)/g
const ADDRESS = /^(?<option>[^\s/]*=)?(?<host>0\.0\.0\.0|127\.0\.0\.1|localhost|\[::\]|::)?(?<colon>:)?(?<port>\d+)?$/

const mapAddress = ({ ports }: Root, text: string): string | undefined => {
  const { option = '', host, colon = '', port } = ADDRESS.exec(text)?.groups ?? {}
  const local = port === undefined ? undefined : ports.get(port)
  if (local === undefined && (host === undefined || port !== undefined)) return undefined
  return `${option}${host === undefined ? '' : '127.0.0.1'}${colon}${local ?? ''}`
}

/** One argument, or the value of one variable, as the process has to see it. */
export const mapText = (root: Root, text: string): string =>
  mapAddress(root, text) ??
  text.replaceAll(PATHS, (whole, before: string, path: string) =>
    isOfRoot(root, path) ? `${before}${join(root.folder, path)}` : whole,
  )

/** The folders of a PATH that the image has, below its root. */
export const searchPath = ({ folder }: Root, path: string): readonly string[] =>
  path
    .split(':')
    .filter((one) => one.startsWith('/') && existsSync(join(folder, one)))
    .map((one) => join(folder, one))

/** `python3.12` is served by `python3.12`, `python3` or `python`. */
const namesOf = (program: string): readonly string[] => [
  program,
  program.replace(/\.\d+$/, ''),
  program.replace(/\d+(\.\d+)?$/, ''),
]

/**
 * The program that an argv begins with: an interpreter of this machine that stands in for it, a file of the image, or
 * whatever this machine has by that name.
 */
export const programOf = (
  root: Root,
  name: string,
  path: readonly string[],
  interpreters: Readonly<Record<string, string>>,
): string => {
  const stand = namesOf(basename(name)).find((one) => Object.hasOwn(interpreters, one))
  if (stand !== undefined) return interpreters[stand] ?? name
  if (name.includes('/'))
    return existsSync(join(root.folder, join('/', name))) ? join(root.folder, join('/', name)) : name
  return path.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? name
}
