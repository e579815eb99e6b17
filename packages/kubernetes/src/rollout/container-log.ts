import { ActionError, type Cluster, type Diagnosis } from '@mlops/core'

const LINES = 50
const LENGTH = 500

const clip = (line: string): string => (line.length > LENGTH ? `${line.slice(0, LENGTH - 1)}…` : line)

const linesOf = (text: string): readonly string[] => text.trimEnd().split('\n').slice(-LINES).map(clip)

/** The diagnosis with the last lines of the container that failed; as it is when there are none to be had. */
export const withLog = async (cluster: Cluster, diagnosis: Diagnosis): Promise<Diagnosis> => {
  const { container } = diagnosis
  if (container === undefined) return diagnosis
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
  const text = first === undefined || first.trim() === '' ? await read(!container.previous) : first
  return text === undefined || text.trim() === '' ? diagnosis : { ...diagnosis, log: linesOf(text) }
}
