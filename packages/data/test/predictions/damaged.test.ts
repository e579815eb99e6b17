import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { ActionError } from '@mlops/core'
import fc from 'fast-check'
import { openFolder, read } from './tables.ts'

const fixtures = join(import.meta.dirname, '../fixtures/predictions')
const folder = openFolder()
afterAll(folder.close)

const PLAN = { slices: [{ kind: 'each' as const, column: 'store' }] }

/** Counted, refused in words, or what it must not be: another error. */
const outcome = (bytes: Uint8Array) =>
  read(folder.put(bytes), { id: 'id', cluster: 'household' }, PLAN).then(
    () => 'counted',
    (error: unknown) =>
      error instanceof ActionError ? 'refused' : String(error instanceof Error ? error.stack : error),
  )

test.each(readdirSync(fixtures).filter((name) => name.startsWith('scored') && !name.includes('lz4')))(
  'a damaged %s is counted or refused in words, and nothing else',
  async (name) => {
    const whole = readFileSync(join(fixtures, name))
    const edit = fc.tuple(fc.nat(whole.length - 1), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0.5, max: 1, noNaN: true }),
        async (edits, share) => {
          const bytes = new Uint8Array(whole)
          for (const [at, byte] of edits) bytes[at] = byte
          // Half of the files are cut off as well.
          const found = await outcome(share > 0.75 ? bytes : bytes.subarray(0, Math.floor(share * bytes.length)))
          expect(['counted', 'refused']).toContain(found)
        },
      ),
      { numRuns: 30 },
    )
  },
  60_000,
)
