import { ActionError, type Cluster, type Diagnosis, type Log } from '@mlops/core'
import type { Redaction } from './redaction.ts'

const LINES = 50
const LENGTH = 500

const clip = (line: string): string => (line.length > LENGTH ? `${line.slice(0, LENGTH - 1)}…` : line)

const linesOf = (text: string): readonly string[] => text.trimEnd().split('\n').slice(-LINES).map(clip)

/** The log of a container, of this run of it or of the one before; undefined when there is none to be had. */
const readLog = async (
  cluster: Cluster,
  container: NonNullable<Diagnosis['container']>,
): Promise<string | undefined> => {
  const read = async (previous: boolean): Promise<string | undefined> => {
    try {
      return await cluster.logs({ ...container, previous, tailLines: LINES })
    } catch (error) {
      // A verdict is not lost over the log that would have explained it.
      if (error instanceof ActionError && error.facts.kind !== 'cancelled') return undefined
      throw error
    }
  }
  const first = await read(container.previous)
  return first === undefined || first.trim() === '' ? read(!container.previous) : first
}

/** The diagnosis with the last lines of the container that failed, and no value of a Secret in what the pods have said. */
export const withLog = async (
  cluster: Cluster,
  diagnosis: Diagnosis,
  { hide, unread }: Redaction,
  log: Pick<Log, 'mask'>,
): Promise<Diagnosis> => {
  const shown = (text: string): string => {
    const { text: rest, hidden } = hide(text)
    for (const value of hidden) log.mask(value)
    return rest
  }
  const { container, sentence, sightings } = diagnosis
  const told = {
    ...diagnosis,
    sentence: shown(sentence),
    sightings: sightings.map((sighting) => ({ ...sighting, message: shown(sighting.message) })),
  }
  const text = container === undefined ? undefined : await readLog(cluster, container)
  if (text === undefined || text.trim() === '') return told
  const withheld = `(not shown, for it may hold values of ${unread.join(', ')}, which can't be read)`
  return { ...told, log: unread.length > 0 ? [withheld] : linesOf(shown(text)) }
}
