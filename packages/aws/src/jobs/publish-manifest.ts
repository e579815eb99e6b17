import { ActionError, type DataManifest, maySupersede, type Objects, parseManifest, type S3Uri } from '@mlops/core'

const TRIES = 5

/**
 * Publishes a data set as the newest one by a conditional write: who loses a race looks again.
 * `overtaken`: a later run has published already, and its data stays.
 * Throws E-PUBLISH when others keep winning, or when what is there is not a manifest.
 */
export const publishManifest = async (
  objects: Objects,
  uri: S3Uri,
  mine: DataManifest,
): Promise<{ readonly kind: 'published' | 'overtaken' | 'unchanged'; readonly before?: DataManifest }> => {
  const text = `${JSON.stringify(mine, undefined, 2)}\n`
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const found = await objects.read(uri)
    const before = found === undefined ? undefined : parseManifest(found.text)
    if (found !== undefined && before === undefined) throw foreign(uri)
    const known = before === undefined ? {} : { before }
    if (found?.text === text) return { kind: 'unchanged', ...known }
    if (!maySupersede(before, mine)) return { kind: 'overtaken', ...known }
    const written = await objects.write(uri, text, found === undefined ? { ifAbsent: true } : { ifMatch: found.etag })
    if (written.kind === 'written') return { kind: 'published', ...known }
  }
  throw new ActionError({
    code: 'E-PUBLISH',
    kind: 'remote',
    what: `${uri} could not be written`,
    why: `${TRIES} times in a row another process wrote it first`,
    hint: 'run again; see which other runs publish there at the same time',
  })
}

const foreign = (uri: S3Uri) =>
  new ActionError({
    code: 'E-PUBLISH',
    kind: 'user',
    what: `${uri} is not a manifest of this suite`,
    why: 'something else lies there, and overwriting it could destroy it',
    hint: 'choose another output-path, or remove the object',
  })
