import { globSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { isInside, realPath } from './inside.ts'
import type { RenderFault } from './render-error.ts'
import { type ReadDocuments, readDocuments } from './yaml-documents.ts'

const fault = (file: string, what: string, why: string, hint: string): RenderFault => ({
  file,
  line: 1,
  what,
  why,
  hint,
})

type Matched = { readonly files: readonly string[]; readonly faults: readonly RenderFault[] }

const matched = (glob: string, workspace: string): Matched => {
  const refuse = (what: string, why: string, hint: string): Matched => ({
    files: [],
    faults: [fault(glob, what, why, hint)],
  })
  if (isAbsolute(glob) || glob.split('/').includes('..'))
    return refuse('leads out of the workspace', 'only files of the checkout are deployed', 'write a path below it')
  const paths = globSync(glob, { cwd: workspace }).toSorted()
  if (paths.length === 0)
    return refuse('fits no file', 'a release without its objects would be undone', 'check the path, and the checkout')
  const bad = paths.flatMap((path) => {
    const real = realPath(join(workspace, path))
    if (real === undefined || !isInside(real, workspace))
      return [fault(path, 'is a link out of the workspace', 'only files of the checkout are deployed', 'copy the file')]
    return statSync(real).isFile()
      ? []
      : [fault(path, 'is no file', 'manifests are files', `write ${path}/*.yaml, or use overlay`)]
  })
  return { files: bad.length > 0 ? [] : paths, faults: bad }
}

/** Reads the files that fit some globs, each once, in the order of the globs and then of the names. */
export const readManifestFiles = (
  globs: readonly string[],
  workspace: string,
): ReadDocuments & { readonly text: string } => {
  const found = globs.map((glob) => matched(glob, workspace))
  const files = [...new Set(found.flatMap((one) => one.files))].map((file) => ({
    file,
    text: readFileSync(join(workspace, file), 'utf8'),
  }))
  const read = files.map(({ file, text }) => readDocuments(text, file))
  return {
    text: files.map(({ file, text }) => `# ${file}\n${text.trimEnd()}\n`).join('---\n'),
    documents: read.flatMap(({ documents }) => documents),
    faults: [...found, ...read].flatMap(({ faults }) => faults),
  }
}
