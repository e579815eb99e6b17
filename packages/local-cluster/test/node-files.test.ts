import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { type Api, ApiError } from '../src/api.ts'
import { once } from '../src/binary/cache.ts'
import { readCalls } from '../src/cluster/audit.ts'
import { chooseLines, createLog, followLog, keptLines, lastWords } from '../src/kubelet/logs.ts'
import type { Pod } from '../src/kubelet/pod.ts'
import { mapText, programOf, type Root, searchPath } from '../src/kubelet/root.ts'
import { makeVolume, placeVolumes } from '../src/kubelet/volumes.ts'
import { signatureOf } from '../src/processes.ts'

const home = mkdtempSync(join(tmpdir(), 'node-files-'))
afterAll(() => rmSync(home, { recursive: true }))
const newFolder = () => mkdtempSync(join(home, 'x-'))

describe('texts of a container', () => {
  const folder = newFolder()
  for (const one of ['app/model', 'usr/bin', 'dev', 'tmp']) mkdirSync(join(folder, one), { recursive: true })
  for (const one of ['app/serve.py', 'usr/bin/tool', 'dev/termination-log']) writeFileSync(join(folder, one), '')
  const root: Root = { folder, ports: new Map([['8080', 23_456]]) }

  test.each([
    ['/app/serve.py', `${folder}/app/serve.py`],
    ['/app/written-later', `${folder}/app/written-later`],
    ['--model=/app/model', `--model=${folder}/app/model`],
    ['/app:/app/lib:/none/at/all', `${folder}/app:${folder}/app/lib:/none/at/all`],
    ['cat /app/serve.py > /tmp/x; exec /bin/true', `cat ${folder}/app/serve.py > ${folder}/tmp/x; exec /bin/true`],
    ['echo x > /dev/termination-log 2> /dev/null', `echo x > ${folder}/dev/termination-log 2> /dev/null`],
    ['http://example.test/app/model', 'http://example.test/app/model'],
    ['a/app/model', 'a/app/model'],
    ['/app/../../../../etc/passwd', '/app/../../../../etc/passwd'],
    ['/', `${folder}/`],
  ])('%p becomes %p', (from, to) => expect(mapText(root, from)).toBe(to))

  test.each([
    ['8080', '23456'],
    ['--port=8080', '--port=23456'],
    ['0.0.0.0', '127.0.0.1'],
    ['--bind=0.0.0.0:8080', '--bind=127.0.0.1:23456'],
    [':8080', ':23456'],
    ['localhost:8080', '127.0.0.1:23456'],
    ['localhost:5432', 'localhost:5432'],
    ['9090', '9090'],
    ['http://other:8080', 'http://other:8080'],
    ['', ''],
  ])('address %p becomes %p', (from, to) => expect(mapText(root, from)).toBe(to))

  test('name programs of this machine, of the image, and then whatever there is', () => {
    const path = searchPath(root, '/usr/local/bin:/usr/bin')
    const program = (name: string) => programOf(root, name, path, { python: '/opt/python' })
    expect(['python', 'python3', 'python3.12', '/usr/bin/python3'].map(program)).toEqual(Array(4).fill('/opt/python'))
    expect(program('tool')).toBe(join(folder, 'usr/bin/tool'))
    expect(program('/usr/bin/tool')).toBe(join(folder, 'usr/bin/tool'))
    expect(program('sh')).toBe('sh')
    expect(program('pythonic')).toBe('pythonic')
  })
})

describe('volumes', () => {
  const objects: Readonly<Record<string, object>> = {
    '/api/v1/namespaces/n/configmaps/settings': { data: { a: 'A', b: 'B' }, binaryData: { raw: 'AAE=' } },
    '/api/v1/namespaces/n/secrets/hidden': { data: { word: Buffer.from('sesame').toString('base64') } },
  }
  const api = {
    get: async <T>(path: string): Promise<T> => {
      const found = objects[path]
      if (found === undefined) throw new ApiError(404, 'NotFound', path)
      return found as T
    },
  } as Api
  const pod: Pod = { metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { a: 'x' } }, spec: { containers: [] } }
  const place = { node: 'local', hostIP: '10.0.0.1', podIP: '10.244.0.2', allocatable: {} }
  const made = (volume: object) => makeVolume({ api, pod, place }, { name: 'v', ...volume }, join(newFolder(), 'v'))
  const read = (...path: readonly string[]) => readFileSync(join(...path))

  test('hold the files of their sources', async () => {
    const config = await made({ configMap: { name: 'settings' } })
    expect(['a', 'b'].map((name) => String(read(config, name)))).toEqual(['A', 'B'])
    expect(read(config, 'raw')).toEqual(Buffer.from([0, 1]))
    const chosen = await made({ configMap: { name: 'settings', items: [{ key: 'a', path: 'deep/er' }] } })
    expect(String(read(chosen, 'deep/er'))).toBe('A')
    expect(existsSync(join(chosen, 'b'))).toBe(false)
    const sources = [
      { secret: { name: 'hidden' } },
      { configMap: { name: 'settings', items: [{ key: 'b', path: 'b' }] } },
      { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
    ]
    const projected = await made({ projected: { sources } })
    expect(['word', 'b', 'labels'].map((name) => String(read(projected, name)))).toEqual(['sesame', 'B', 'a="x"'])
  })

  test.each([
    [{ configMap: { name: 'no' } }, 'configmap "no" not found'],
    [{ secret: { secretName: 'no' } }, 'secret "no" not found'],
    [
      { configMap: { name: 'settings', items: [{ key: 'z', path: 'z' }] } },
      'configmap references non-existent config key: z',
    ],
    [{ secret: { secretName: 'hidden', items: [{ key: 'z', path: 'z' }] } }, 'references non-existent secret key: z'],
    [{ hostPath: { path: '/' } }, 'no volumes of type hostPath'],
  ])('%j is refused', async (volume, why) => {
    await expect(made(volume)).rejects.toThrow(why)
  })

  test('that are optional may be empty', async () => {
    expect(await made({ configMap: { name: 'no', optional: true } })).toBeDefined()
  })

  test('lie where the container mounts them, never outside its root', async () => {
    const root = newFolder()
    const outside = newFolder()
    mkdirSync(join(root, 'etc'))
    writeFileSync(join(root, 'etc/old'), '')
    const volume = await made({ configMap: { name: 'settings' } })
    const volumeMounts = [
      { name: 'v', mountPath: '/etc' },
      { name: 'v', mountPath: '/one/file', subPath: 'a' },
    ]
    await placeVolumes({ name: 'c', image: 'i', volumeMounts }, new Map([['v', volume]]), root)
    expect(String(read(root, 'etc/b'))).toBe('B')
    expect(existsSync(join(root, 'etc/old'))).toBe(false)
    expect(String(read(root, 'one/file'))).toBe('A')
    symlinkSync('/../../..', join(root, 'climb'))
    const climbing = [{ name: 'v', mountPath: `/climb${outside}/here` }]
    await placeVolumes({ name: 'c', image: 'i', volumeMounts: climbing }, new Map([['v', volume]]), root)
    expect(existsSync(join(outside, 'here'))).toBe(false)
  })
})

describe('logs', () => {
  const options = { timestamps: false, tailLines: undefined, since: undefined }

  test('are whole lines with their times, and the rest when it ends', () => {
    const file = join(newFolder(), 'deep', '0.log')
    const log = createLog(file)
    const reader = followLog(file)
    const snow = Buffer.from('sn☃w\npart')
    log.write('stdout', snow.subarray(0, 3))
    log.write('stdout', snow.subarray(3))
    log.write('stderr', Buffer.from('error\n'))
    expect(chooseLines(keptLines(file), options)).toBe('sn☃w\nerror\n')
    expect(chooseLines(reader.next(), options)).toBe('sn☃w\nerror\n')
    log.end()
    rmSync(file)
    expect(chooseLines(reader.next(), options)).toBe('part\n')
    reader.close()
  })

  test('are chosen by their number and time', () => {
    const lines = ['2026-01-01T00:00:00.000Z a', '2026-01-01T00:00:01.000Z b c', '2026-01-01T00:00:02.000Z d']
    expect(chooseLines(lines, { ...options, tailLines: 2 })).toBe('b c\nd\n')
    expect(chooseLines(lines, { ...options, tailLines: 0 })).toBe('')
    expect(chooseLines(lines, { ...options, since: Date.parse('2026-01-01T00:00:01Z') })).toBe('b c\nd\n')
    expect(chooseLines(lines, { ...options, timestamps: true, tailLines: 1 })).toBe('2026-01-01T00:00:02.000Z d\n')
  })

  test('that grow large keep their end, and followers lose nothing', () => {
    const file = join(newFolder(), '0.log')
    const log = createLog(file)
    const reader = followLog(file)
    let seen = 0
    for (let number = 0; number < 300; number += 1) {
      log.write('stdout', Buffer.from(`${`${number} `.padEnd(100_000, 'x')}\n`))
      seen += reader.next().length
    }
    log.end()
    expect(seen).toBe(300)
    expect(keptLines(file).length).toBeLessThan(300)
    expect(lastWords(file).length).toBe(2048)
    reader.close()
  })
})

test('an audit log is read to its last complete line, and both ends of a watch are one call', () => {
  const log = join(newFolder(), 'audit.log')
  const event = (auditID: string, code?: number) =>
    JSON.stringify({
      ...{
        auditID,
        verb: 'watch',
        requestURI: '/api/v1/pods',
        user: { username: 'me' },
        requestReceivedTimestamp: 't',
      },
      ...{ objectRef: { resource: 'pods', apiVersion: 'v1' }, responseStatus: { code } },
    })
  writeFileSync(log, `${event('1', 200)}\n${event('2', 403)}\n${event('1', 200)}\n${event('3')}`)
  expect(readCalls(log).map(({ user, resource, status }) => [user, resource, status])).toEqual([
    ['me', 'pods', 200],
    ['me', 'pods', 403],
  ])
  expect(readCalls(join(home, 'nothing'))).toEqual([])
})

describe('what is made once', () => {
  const setUp = () => {
    const folder = newFolder()
    const [lock, made] = [join(folder, 'lock'), join(folder, 'made')]
    let times = 0
    const make = async () => {
      times += 1
      await new Promise((resolve) => setTimeout(resolve, 20))
      writeFileSync(made, '')
    }
    const options = { lock, isDone: () => existsSync(made), onWait: () => undefined }
    return { lock, run: () => once(options, make), times: () => times }
  }

  test('is not made twice at once', async () => {
    const { run, times, lock } = setUp()
    await Promise.all([run(), run()])
    expect(times()).toBe(1)
    expect(existsSync(lock)).toBe(false)
  })

  test('is made when who began has died, and when its number is another process’s now', async () => {
    for (const holder of ['999999999 1', `${signatureOf(process.pid)}0`]) {
      const { run, times, lock } = setUp()
      writeFileSync(lock, holder)
      await run()
      expect(times()).toBe(1)
    }
  })
})
