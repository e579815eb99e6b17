import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Header, pack } from 'tar-stream'
import { buffer } from 'node:stream/consumers'
import { unpackLayer } from '../src/image/layers.ts'
import { parseReference, repositoryOf } from '../src/image/reference.ts'
import { PullError, pullMessage } from '../src/image/source.ts'

describe('the name of an image', () => {
  test.each([
    ['app', 'docker.io/library/app', 'latest'],
    ['shop/app:v1', 'docker.io/shop/app', 'v1'],
    ['localhost/app', 'localhost/app', 'latest'],
    ['registry:5000/shop/app', 'registry:5000/shop/app', 'latest'],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:a', '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop', 'a'],
  ])('%s', (name, repository, tag) => {
    const reference = parseReference(name)
    expect(reference?.tag).toBe(tag)
    expect(reference && repositoryOf(reference)).toBe(repository)
  })

  test('with a digest has no tag by default', () => {
    const digest = `sha256:${'0'.repeat(64)}`
    expect(parseReference(`app@${digest}`)).toMatchObject({ tag: undefined, digest })
    expect(parseReference(`app:v1@${digest}`)).toMatchObject({ tag: 'v1', digest })
  })

  test.each(['', 'App', 'app:', 'app:v1:v2', 'app@sha256:abc', '-app', 'a//b', 'app tag', '$(id)', 'a'.repeat(256)])(
    '%p is none',
    (name) => expect(parseReference(name)).toBeUndefined(),
  )

  test('is read from any text without a fault, and says what it was', () => {
    fc.assert(fc.property(fc.string(), (name) => [undefined, name].includes(parseReference(name)?.text)))
  })

  test('is told in the registry’s words when it can’t be pulled', () => {
    const reference = parseReference('shop/app:v1')
    if (reference === undefined) throw new Error('it is a name')
    const told = (fault: PullError['fault']) => pullMessage(reference, new PullError(fault, 'so it is'))
    expect(told('not-found')).toMatch(/^rpc error: code = NotFound .*shop\/app:v1: not found$/)
    expect(told('unauthorized')).toContain('pull access denied')
    expect(told('throttled')).toContain('429 Too Many Requests')
    expect(told('unavailable')).toContain('failed to do request')
  })
})

describe('a layer', () => {
  const outside = mkdtempSync(join(tmpdir(), 'layers-'))
  afterAll(() => rmSync(outside, { recursive: true }))
  const secret = join(outside, 'secret')
  writeFileSync(secret, 'untouched')

  type Part = Partial<Header> & { readonly name: string; readonly content?: string }
  const tarOf = async (...parts: readonly Part[]): Promise<Buffer> => {
    const tar = pack()
    for (const { content, ...header } of parts) tar.entry(header, content ?? '')
    tar.finalize()
    return buffer(tar)
  }
  const unpacked = async (...layers: readonly (readonly Part[])[]): Promise<string> => {
    const root = mkdtempSync(join(outside, 'root-'))
    for (const layer of layers) await unpackLayer(await tarOf(...layer), root, { left: 10_000 })
    return root
  }
  const folder = (name: string): Part => ({ name, type: 'directory' })
  const file = (name: string, content = name): Part => ({ name, content })
  const link = (name: string, linkname: string): Part => ({ name, linkname, type: 'symlink' })
  const hard = (name: string, linkname: string): Part => ({ name, linkname, type: 'link' })

  test('lies over the one below it', async () => {
    const root = await unpacked(
      [folder('app'), file('app/a', 'old'), file('app/b'), file('app/deep/c')],
      [file('app/a', 'new'), file('app/.wh.b', ''), file('app/deep/d'), file('app/deep/.wh..wh..opq', '')],
    )
    expect(readFileSync(join(root, 'app/a'), 'utf8')).toBe('new')
    expect(existsSync(join(root, 'app/b'))).toBe(false)
    expect(existsSync(join(root, 'app/deep/c'))).toBe(false)
    expect(existsSync(join(root, 'app/deep/d'))).toBe(true)
  })

  test.each([
    ['plain', (tar: Buffer) => tar],
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('may be %s', async (_, compress) => {
    const root = mkdtempSync(join(outside, 'root-'))
    await unpackLayer(compress(await tarOf(file('a'))), root, { left: 100 })
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('a')
  })

  test.each([
    ['names that climb', [file('../secret', 'x'), file('a/../../../secret', 'x')]],
    ['absolute names', [file(secret, 'x')]],
    ['a link to outside, written through', [link('out', outside), file('out/secret', 'x')]],
    ['a link that climbs, written through', [link('out', '../../..'), file(`out${secret}`, 'x')]],
    [
      'a chain of links',
      [folder('a/b/c'), link('a/b/c/s', '/'), link('a/b/c/s/l', '../../../..'), file(`l${secret}`, 'x')],
    ],
    ['a file over a link', [link('secret', secret), file('secret', 'x')]],
    ['a hard link through a link', [link('out', outside), hard('mine', 'out/secret'), file('mine', 'x')]],
    ['a whiteout of what is outside', [link('out', outside), file('out/.wh.secret', '')]],
    ['an opaque whiteout of outside', [link('out', outside), file('out/.wh..wh..opq', '')]],
  ] as const)('writes nothing outside by %s', async (_, layer) => {
    const root = await unpacked(layer).catch(() => undefined)
    expect(readFileSync(secret, 'utf8')).toBe('untouched')
    if (root !== undefined && existsSync(join(root, 'mine'))) expect(statSync(secret).nlink).toBe(1)
  })

  test('keeps links inside, as a process with this root would see them', async () => {
    const root = await unpacked([
      file('etc/real', 'here'),
      link('usr/lib/abs', '/etc/real'),
      link('up', '../../../etc/real'),
    ])
    expect(readFileSync(join(root, 'usr/lib/abs'), 'utf8')).toBe('here')
    expect(readFileSync(join(root, 'up'), 'utf8')).toBe('here')
    expect(realpathSync(join(root, 'up')).startsWith(realpathSync(root))).toBe(true)
  })

  test('any names and links stay inside', async () => {
    const name = fc
      .array(fc.constantFrom('a', 'b', '..', '.', 'c'), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.join('/'))
    const part = fc.oneof(
      name.map((one) => file(one, 'x')),
      name.map(folder),
      fc.tuple(name, name, fc.boolean()).map(([one, to, isAbsolute]) => link(one, isAbsolute ? `/${to}` : to)),
      fc.tuple(name, name).map(([one, to]) => hard(one, to)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (layer) => {
        const home = mkdtempSync(join(outside, 'home-'))
        const root = join(home, 'x/y/root')
        for (const up of ['a', 'b', 'c']) writeFileSync(join(home, up), 'untouched')
        await unpackLayer(await tarOf(file('keep'), ...layer), root, { left: 10_000 }).catch(() => undefined)
        for (const up of ['a', 'b', 'c']) expect(readFileSync(join(home, up), 'utf8')).toBe('untouched')
        expect(existsSync(join(home, 'x/a')) || existsSync(join(home, 'x/y/a'))).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  test('brings no devices and no special rights', async () => {
    const root = await unpacked([
      { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 },
      { ...file('su'), mode: 0o4755 },
    ])
    expect(existsSync(join(root, 'null'))).toBe(false)
    expect(lstatSync(join(root, 'su')).mode & 0o7777).toBe(0o755)
  })

  test('that unpacks to too much, or is none, is refused', async () => {
    const root = mkdtempSync(join(outside, 'root-'))
    const bomb = gzipSync(await tarOf(file('zeros', '\0'.repeat(50_000))))
    await expect(unpackLayer(bomb, root, { left: 10_000 })).rejects.toThrow('unpacks to more than')
    await expect(unpackLayer(Buffer.from('no tar at all, '.repeat(60)), root, { left: 10_000 })).rejects.toThrow()
    await expect(unpackLayer(Buffer.alloc(0), root, { left: 10_000 })).rejects.toThrow('empty')
    await expect(unpackLayer(gzipSync(await tarOf(file('a'))).subarray(0, 30), root, { left: 1000 })).rejects.toThrow()
  })
})
