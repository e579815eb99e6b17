import {
  type Clock,
  type Cluster,
  type KubernetesObject,
  type KindScope,
  kindsIn,
  prepareObjects,
  type ReleaseHealth,
  type ReleaseRecord,
  targetOf,
  withoutServerFields,
} from '@mlops/core'
import {
  applyRelease,
  preflight,
  type PreflightOptions,
  pruneRelease,
  releaseRecords,
  type UndoOptions,
  undoRelease,
  type Writer,
} from '../../src/index.ts'

const COMMIT = 'abcdef0123456789abcdef0123456789abcdef01'

export interface Settings {
  readonly conflicts?: 'fail' | 'force'
  readonly prune?: 'owned' | 'none'
  readonly recordSecrets?: boolean
  readonly images?: Readonly<Record<string, string>>
  readonly imageExists?: PreflightOptions['imageExists']
}

const silent = () => undefined
const log = { info: silent, notice: silent, warning: silent, error: silent, foreign: silent, mask: silent }

/** Deploys and rolls back on some cluster, as the actions do, without waiting for pods. */
export const releasesOn = (
  cluster: Cluster,
  {
    namespace,
    clock,
    release = 'model',
  }: { readonly namespace: string; readonly clock: Clock; readonly release?: string },
) => {
  let fencing = 0
  const context = { clock, log, signal: new AbortController().signal }
  const newWriter = (): Writer => {
    fencing += 1
    return { fencing, assertHeld: silent }
  }
  const recordsOf = (through: Cluster) => releaseRecords(through, { namespace, release })
  const facts = {
    release,
    namespace,
    appVersion: '1.0',
    commit: COMMIT,
    repository: 'acme/retail',
    actor: 'ada',
    runUrl: 'https://github.com/acme/retail/actions/runs/1',
  }

  const check = async (objects: readonly unknown[], settings: Settings = {}, through = cluster) => {
    const documents = objects.map((value, index) => ({ file: 'all.yaml', line: index + 1, value }))
    const scopes = new Map<string, KindScope>()
    for (const kind of kindsIn(documents)) {
      const found = await through.kind(kind)
      scopes.set(kind.kind, found && (found.namespaced ? 'namespaced' : 'cluster'))
    }
    const { images = {}, conflicts = 'fail', prune = 'owned', imageExists = async () => undefined } = settings
    const rules = {
      namespace,
      allowNamespaces: [],
      images,
      scopeOf: ({ kind }: { readonly kind: string }) => scopes.get(kind),
    }
    const prepared = prepareObjects(documents, rules)
    if (prepared.kind === 'faults') throw new Error(JSON.stringify(prepared.faults))
    const stored = await recordsOf(through).list()
    const options = { facts, prepared: prepared.objects, images, stored, conflicts, prune, imageExists }
    return preflight(through, options, context)
  }

  /** Everything up to the last write; the record stays pending. */
  const begin = async (
    objects: readonly unknown[],
    settings: Settings = {},
    through = cluster,
    writer = newWriter(),
  ) => {
    const checked = await check(objects, settings, through)
    if (checked.kind === 'refused') throw new Error(JSON.stringify(checked.diagnoses))
    const { conflicts = 'fail', recordSecrets = false } = settings
    const records = recordsOf(through)
    const applied = await applyRelease(
      through,
      writer,
      { plan: checked.plan, records, conflicts, recordSecrets },
      context,
    )
    return { applied, writer, records, plan: checked.plan }
  }

  /** A release that rolled out, and was judged. */
  const deploy = async (
    objects: readonly unknown[],
    settings: Settings & { readonly health?: ReleaseHealth } = {},
  ): Promise<ReleaseRecord> => {
    const { applied, writer, records } = await begin(objects, settings)
    if (applied.kind === 'refused') throw new Error(JSON.stringify(applied.diagnosis))
    await pruneRelease(cluster, writer, applied.record, context)
    const record = { ...applied.record, status: 'deployed' as const, health: settings.health ?? 'healthy' }
    await records.write(record, writer)
    return record
  }

  /** Undoes the newest release, whatever its state. */
  const undo = async (
    {
      through = cluster,
      imageExists = async () => undefined,
    }: { readonly through?: Cluster } & Pick<Settings, 'imageExists'> = {},
    writer = newWriter(),
  ) => {
    const records = recordsOf(through)
    const { target = 'nothing' } = targetOf((await records.list()).records, { requireHealthy: false })
    const options: UndoOptions = { records, target, because: 'It failed.', facts, imageExists }
    return undoRelease(through, writer, options, context)
  }

  return { check, begin, deploy, undo, newWriter, records: recordsOf(cluster), context }
}

/** A cluster whose caller is killed after its `count`-th write: before it is done, or before its answer comes. */
export const killedAfter = (cluster: Cluster, count: number, done: boolean): Cluster => {
  let left = count
  const cut =
    <Args extends readonly unknown[], R>(write: (...args: Args) => Promise<R>, isWrite: (...args: Args) => boolean) =>
    async (...args: Args): Promise<R> => {
      if (!isWrite(...args)) return write(...args)
      left -= 1
      if (left > 0) return write(...args)
      if (left === 0 && done) await write(...args)
      throw new Error('killed')
    }
  const real = (_object: unknown, options?: { readonly dryRun?: boolean }) => options?.dryRun !== true
  const always = () => true
  return {
    ...cluster,
    create: cut(cluster.create, real),
    replace: cut(cluster.replace, real),
    apply: cut(cluster.apply, real),
    patch: cut(cluster.patch, always),
    remove: cut(cluster.remove, always),
  }
}

const isRecord = ({ kind, metadata }: KubernetesObject) =>
  kind === 'Secret' && metadata.name.startsWith('mlops-release.')

/** What a release is about, as anybody could write it again. */
export const contentOf = (objects: readonly KubernetesObject[]): Readonly<Record<string, KubernetesObject>> =>
  Object.fromEntries(
    objects
      .filter((object) => !isRecord(object) && object.kind !== 'Namespace')
      .map((object) => [`${object.kind}/${object.metadata.name}`, withoutServerFields(object)] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  )
