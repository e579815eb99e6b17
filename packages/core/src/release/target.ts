import type { TargetChoice } from './plan.ts'
import type { ReleaseRecord } from './record.ts'

const FORBIDDEN = 'forbidden'

/** The first object of a release that must not be rolled back over, as `Kind/name`. */
const forbiddingObject = ({ objects }: ReleaseRecord): string | undefined => {
  const found = objects.find(({ applied }) => applied?.metadata.annotations?.['mlops/rollback'] === FORBIDDEN)
  return found && `${found.reference.kind}/${found.reference.name}`
}

/** A record that was rolled out, and of which nobody has said that it is bad. */
const mayRun = ({ status, health }: ReleaseRecord) => status === 'deployed' && health !== 'unhealthy'

/** Its writer was lost, or told to stop. */
export const isUnfinished = ({ status }: ReleaseRecord): boolean => status === 'pending' || status === 'interrupted'

const whyNot = (record: ReleaseRecord, requireHealthy: boolean): string => {
  const { status, health } = record
  if (status !== 'deployed') return `its status is ${status}`
  if (health === 'unhealthy') return 'it was found unhealthy'
  return requireHealthy
    ? `it is ${health}, and only a healthy one will do`
    : `it is ${health}, and an older one is healthy`
}

const choose = (older: readonly ReleaseRecord[], requireHealthy: boolean) => {
  const healthy = older.find((record) => mayRun(record) && record.health === 'healthy')
  if (healthy !== undefined)
    return { target: healthy, because: `Revision ${healthy.revision} is the newest healthy one.` }
  if (requireHealthy) return { because: 'No older release was found healthy, and only such a one will do.' }
  const unjudged = older.find((record) => mayRun(record) && record.revision > 0)
  if (unjudged !== undefined)
    return {
      target: unjudged,
      because: `No older release was found healthy; revision ${unjudged.revision} is the newest that rolled out, and is ${unjudged.health}.`,
    }
  const adopted = older.find(({ revision }) => revision === 0)
  return adopted === undefined
    ? { because: 'There is no older release, and nothing was there before the first one.' }
    : { target: adopted, because: 'No older release rolled out; this is what was there before the first one.' }
}

/**
 * What the newest release may go back to: the newest healthy record, else the newest that rolled out and was not found
 * unhealthy, else what was there before our first release. A rollback that was begun is finished.
 *
 * @param records newest first; the newest is what is undone
 */
export const targetOf = (
  [newest, ...older]: readonly ReleaseRecord[],
  { requireHealthy }: { readonly requireHealthy: boolean },
): TargetChoice => {
  if (newest === undefined) return { because: 'The release has no record.', passedOver: [] }
  const begun = isUnfinished(newest) ? older.find(({ revision }) => revision === newest.restores) : undefined
  const chosen =
    begun === undefined
      ? choose(older, requireHealthy)
      : { target: begun, because: `A rollback to revision ${begun.revision} was begun.` }
  const { target } = chosen
  const newer = older.filter(({ revision }) => target === undefined || revision > target.revision)
  const passedOver = newer.map((record) => ({ revision: record.revision, why: whyNot(record, requireHealthy) }))
  const forbidding = [newest, ...newer].map(forbiddingObject).find((object) => object !== undefined)
  return forbidding === undefined
    ? { ...chosen, passedOver }
    : { because: `${forbidding} has the annotation mlops/rollback: ${FORBIDDEN}.`, passedOver, forbidden: true }
}
