import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { createGroups } from '../src/concurrency.ts'

const request = { group: 'release', cancelInProgress: false, queue: 'single' } as const
const never = new AbortController().signal

test('a ticket whose process is gone does not hold the group, even when its id is in use again', async () => {
  const root = mkdtempSync(join(tmpdir(), 'groups-'))
  try {
    const groups = createGroups(root)
    const turn = await groups.enter(request, never, () => undefined)
    const folder = join(root, readdirSync(root)[0] ?? '')
    const [ticket = ''] = readdirSync(folder)
    const ended = spawnSync('true').pid
    turn?.release()
    writeFileSync(join(folder, 'draft'), `${ended} 1`)
    renameSync(join(folder, 'draft'), join(folder, ticket))
    writeFileSync(join(folder, `0${ticket}`), `${process.pid} 1`)
    const next = await groups.enter(request, never, () => undefined)
    expect(next).toBeDefined()
    next?.release()
    expect(readdirSync(folder)).toEqual([])
  } finally {
    rmSync(root, { recursive: true })
  }
})
