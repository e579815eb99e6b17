import type { Cluster, KubernetesObject, ObjectSelection, Watched } from '@mlops/core'
import type { Discovery } from '../cluster/discovery.ts'
import type { ClusterContext } from '../connection/target.ts'
import type { Api } from '../transport/api.ts'
import { reflect } from './reflection.ts'

const keyOf = ({ apiVersion, kind, namespace, labelSelector, fieldSelector }: ObjectSelection) =>
  JSON.stringify([apiVersion, kind, namespace, labelSelector, fieldSelector])

const byName = (one: KubernetesObject, other: KubernetesObject) =>
  one.metadata.name < other.metadata.name ? -1 : Number(one.metadata.name > other.metadata.name)

interface Shelf {
  objects: readonly KubernetesObject[]
  /** Never, for a kind that the cluster doesn't know: there is nothing to be late about. */
  currentAt: number | undefined
}

/** Follows selections with one watch for each, by reflectors that share one bell. */
export const openWatch =
  (api: Api, discovery: Discovery, context: ClusterContext): Cluster['watch'] =>
  async (selections) => {
    const { clock } = context
    const stopped = new AbortController()
    const signal = AbortSignal.any([context.signal, stopped.signal])
    const shelves = new Map<string, Shelf>()
    const waiting = new Set<AbortController>()
    let changes = 0
    let seen = 0
    let failure: { readonly error: unknown } | undefined
    const ring = () => {
      changes += 1
      for (const one of waiting) one.abort()
    }

    const follow = async (selection: ObjectSelection): Promise<void> => {
      const shelf: Shelf = { objects: [], currentAt: undefined }
      shelves.set(keyOf(selection), shelf)
      const resource = await discovery(selection)
      if (resource === undefined) return
      await new Promise<void>((resolve, reject) => {
        const reflected = {
          selection,
          resource,
          onObjects: (objects: ReadonlyMap<string, KubernetesObject>) => {
            shelf.objects = [...objects.values()].toSorted(byName)
            ring()
          },
          onCurrent: (at: number) => {
            shelf.currentAt = at
            resolve()
          },
        }
        reflect(api, reflected, { ...context, signal }).catch((error: unknown) => {
          failure ??= { error }
          reject(error)
          ring()
        })
      })
    }

    const changed: Watched['changed'] = async (ms, given) => {
      given?.throwIfAborted()
      if (changes === seen && failure === undefined) {
        const bell = new AbortController()
        waiting.add(bell)
        const signals = [bell.signal, ...(given === undefined ? [] : [given])]
        try {
          await clock.sleep(ms, AbortSignal.any(signals))
        } catch (error) {
          given?.throwIfAborted()
          if (!bell.signal.aborted) throw error
        } finally {
          waiting.delete(bell)
        }
      }
      seen = changes
      if (failure !== undefined && !stopped.signal.aborted) throw failure.error
    }

    const unique = new Map(selections.map((selection) => [keyOf(selection), selection]))
    try {
      await Promise.all([...unique.values()].map(follow))
    } catch (error) {
      stopped.abort()
      throw error
    }
    seen = changes
    return {
      objects: (selection) => {
        const shelf = shelves.get(keyOf(selection))
        if (shelf === undefined) throw new Error(`${selection.kind} is not followed: ${keyOf(selection)}`)
        return shelf.objects
      },
      staleMs: () => {
        const now = clock.now()
        return Math.max(0, ...[...shelves.values()].map(({ currentAt = now }) => now - currentAt))
      },
      changed,
      stop: () => {
        stopped.abort()
        ring()
      },
    }
  }
