import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Api } from '../api.ts'
import { placeInImage } from '../image/layers.ts'
import { fieldOf, type Place, resourceOf } from './downward.ts'
import type { ContainerSpec, DownwardItem, KeyToPath, Pod, Projection, Reference, Volume } from './pod.ts'
import { readKeys, type ReferenceKind } from './references.ts'

/** Why a volume can't be mounted; its message goes into an event of the pod. */
export class MountError extends Error {}

export interface VolumesOf {
  readonly api: Api
  readonly pod: Pod
  readonly place: Place
}

type Files = ReadonlyMap<string, Buffer>

const NO_KEY: Readonly<Record<ReferenceKind, string>> = {
  ConfigMap: 'configmap references non-existent config key',
  Secret: 'references non-existent secret key',
}

const filesOf = async (
  { api, pod }: VolumesOf,
  kind: ReferenceKind,
  { name = '', optional, items }: Reference & { readonly items?: readonly KeyToPath[] },
): Promise<Files> => {
  const keys = await readKeys(api, kind, pod.metadata.namespace, name)
  if (keys === undefined && optional !== true) throw new MountError(`${kind.toLowerCase()} "${name}" not found`)
  if (keys === undefined || items === undefined) return keys ?? new Map()
  const chosen = items.map(({ key, path }) => [path, keys.get(key), key] as const)
  const lost = chosen.find(([, value]) => value === undefined)
  if (lost !== undefined && optional !== true) throw new MountError(`${NO_KEY[kind]}: ${lost[2]}`)
  return new Map(chosen.flatMap(([path, value]) => (value === undefined ? [] : [[path, value] as const])))
}

const downward = ({ pod, place }: VolumesOf, items: readonly DownwardItem[] = []): Files =>
  new Map(
    items.map(({ path, fieldRef, resourceFieldRef }) => {
      const value = resourceFieldRef && resourceOf(pod.spec.containers, resourceFieldRef, place)
      return [path, Buffer.from(value ?? fieldOf(pod, fieldRef?.fieldPath ?? '', place) ?? '')] as const
    }),
  )

const accountToken = async (
  { api, pod }: VolumesOf,
  { audience, expirationSeconds = 3600, path }: NonNullable<Projection['serviceAccountToken']>,
): Promise<Files> => {
  const { namespace, name, uid } = pod.metadata
  const account = pod.spec.serviceAccountName ?? 'default'
  const { status } = await api.create<{ readonly status: { readonly token: string } }>(
    `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        ...(audience !== undefined && { audiences: [audience] }),
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    },
  )
  return new Map([[path, Buffer.from(status.token)]])
}

const projected = async (context: VolumesOf, sources: readonly Projection[] = []): Promise<Files> => {
  const all: [string, Buffer][] = []
  for (const { configMap, secret, downwardAPI, serviceAccountToken } of sources) {
    if (configMap !== undefined) all.push(...(await filesOf(context, 'ConfigMap', configMap)))
    if (secret !== undefined) all.push(...(await filesOf(context, 'Secret', secret)))
    if (downwardAPI !== undefined) all.push(...downward(context, downwardAPI.items))
    if (serviceAccountToken !== undefined) all.push(...(await accountToken(context, serviceAccountToken)))
  }
  return new Map(all)
}

const contentOf = async (context: VolumesOf, volume: Volume): Promise<Files> => {
  const { configMap, secret, downwardAPI, emptyDir } = volume
  if (emptyDir !== undefined) return new Map()
  if (configMap !== undefined) return filesOf(context, 'ConfigMap', configMap)
  if (secret !== undefined) return filesOf(context, 'Secret', { ...secret, name: secret.secretName ?? '' })
  if (downwardAPI !== undefined) return downward(context, downwardAPI.items)
  if (volume.projected !== undefined) return projected(context, volume.projected.sources)
  const kind = Object.keys(volume).find((name) => name !== 'name')
  throw new MountError(`the process kubelet has no volumes of type ${kind}`)
}

const failed = (error: unknown) => (error instanceof Error ? error.message : String(error))

/**
 * Writes a volume's files into a folder of their own. Throws MountError in the real kubelet's words.
 *
 * @returns the folder
 */
export const makeVolume = async (context: VolumesOf, volume: Volume, folder: string): Promise<string> => {
  const files = await contentOf(context, volume).catch((error: unknown) => {
    throw new MountError(`MountVolume.SetUp failed for volume "${volume.name}" : ${failed(error)}`)
  })
  await mkdir(folder, { recursive: true })
  // An emptyDir is world-writable in a real pod, too.
  await chmod(folder, 0o777)
  for (const [path, content] of files) {
    const file = join(folder, join('/', path))
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
  return folder
}

/** Links volumes to where a container expects them below its root. Without namespaces nothing can be mounted. */
export const placeVolumes = async (
  { volumeMounts = [] }: ContainerSpec,
  volumes: ReadonlyMap<string, string>,
  root: string,
): Promise<void> => {
  for (const { name, mountPath, subPath = '' } of volumeMounts) {
    const volume = volumes.get(name)
    if (volume === undefined) throw new MountError(`volume "${name}" is not mounted`)
    const target = subPath === '' ? volume : await placeInImage(volume, subPath)
    // As with a real kubelet: what a sub-path names and is not there yet becomes a folder.
    await mkdir(target, { recursive: true }).catch(() => undefined)
    const place = await placeInImage(root, mountPath)
    await rm(place, { recursive: true, force: true })
    await symlink(target, place)
  }
}
