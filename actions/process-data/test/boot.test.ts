import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { packSource } from '@mlops/aws'
import { bootModule } from '../scripts/embed-boot.ts'
import { BOOT_SCRIPT } from '../src/boot-script.ts'

const folders: string[] = []
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'boot-'))
  folders.push(made)
  return made
}
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true })
})

/** Starts the script in a folder of its own as the container does, with these files packed. */
const boot = async (files: Readonly<Record<string, string>>, args: readonly string[]) => {
  const source = folder()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(source, name, '..'), { recursive: true })
    writeFileSync(join(source, name), text)
  }
  const { bytes } = await packSource({ folder: source, entryPoint: args[0] ?? '' })
  return start(bytes, args)
}

const start = (archive: Uint8Array, args: readonly string[]) => {
  const container = folder()
  writeFileSync(join(container, 'boot.py'), BOOT_SCRIPT)
  writeFileSync(join(container, 'sourcedir.tar.gz'), archive)
  // Without an index pip fails at once where it would install, so nothing is ever fetched.
  const env = { PATH: process.env['PATH'] ?? '', PIP_NO_INDEX: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1' }
  const { status, stdout, stderr } = spawnSync('python3', [join(container, 'boot.py'), ...args], {
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr, container }
}

test('the module carries boot.py to the letter', () => {
  expect(BOOT_SCRIPT).toBe(readFileSync(join(import.meta.dirname, '../src/boot.py'), 'utf8'))
  expect(readFileSync(join(import.meta.dirname, '../src/boot-script.ts'), 'utf8')).toBe(bootModule())
})

describe('the boot script', () => {
  test('runs the script in its folder, with its arguments and modules', async () => {
    const script = 'import sys, os, lib.names\nprint(sys.argv[1:], lib.names.NAME, sorted(os.listdir(".")))\n'
    const { stdout, status } = await boot({ 'etl.py': script, 'lib/names.py': 'NAME = "gold"\n' }, [
      'etl.py',
      '--a',
      'b c',
    ])
    expect(stdout.trim()).toContain("['--a', 'b c'] gold ['etl.py', 'lib']")
    expect(status).toBe(0)
  })
  test('ends with the exit code of the script', async () => {
    expect((await boot({ 'etl.py': 'raise SystemExit(7)\n' }, ['etl.py'])).status).toBe(7)
  })
  test('shows the traceback of the script, without frames of its own', async () => {
    const { stderr, status } = await boot({ 'etl.py': 'x = 1\nraise KeyError("SPEND")\n' }, ['etl.py'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/etl\.py", line 2[\s\S]*KeyError: 'SPEND'/)
    expect(stderr).not.toContain('boot.py')
  })
  test('becomes the script: no process stands between it and a signal', async () => {
    const { stdout } = await boot({ 'etl.py': 'import sys\nprint(sys.argv[0].endswith("etl.py"), __name__)\n' }, [
      'etl.py',
    ])
    expect(stdout.trim()).toBe('True __main__')
  })
  test.each([
    ['nothing that is missing', '# only tools\npip>=1  # always there\n--require-hashes\n\n'],
    ['hashes of what is there', 'pip>=1 \\\n    --hash=sha256:abc \\\n    --hash=sha256:def\n'],
    ['what another system needs', 'no-such-package==1; sys_platform == "plan9"\n'],
  ])('installs nothing for %s', async (_, requirements) => {
    const { status, stdout } = await boot({ 'etl.py': 'print("ran")\n', 'requirements.txt': requirements }, ['etl.py'])
    expect(stdout.trim()).toBe('ran')
    expect(status).toBe(0)
  })
  test.each(['pip<1', '-r other.txt'])('does not run the script without %s', async (requirement) => {
    const { status, stdout, stderr } = await boot(
      { 'etl.py': 'print("ran")\n', 'requirements.txt': `${requirement}\n` },
      ['etl.py'],
    )
    expect(stdout).not.toContain('ran')
    expect(stderr).toContain('pip could not install requirements.txt')
    expect(status).toBe(1)
  })
  test.each([
    ['leads out of its folder', 'm = tarfile.TarInfo("../outside.py")'],
    ['is absolute', 'm = tarfile.TarInfo("/outside.py")'],
    ['is a link', 'm = tarfile.TarInfo("link"); m.type = tarfile.SYMTYPE; m.linkname = "/etc"'],
  ])('refuses an archive with a member that %s', (_, member) => {
    const made = join(folder(), 'a.tar.gz')
    const code = `import tarfile\nt = tarfile.open(${JSON.stringify(made)}, "w:gz")\n${member}\nt.addfile(m)\nt.close()\n`
    spawnSync('python3', ['-c', code])
    const { status, stderr } = start(readFileSync(made), ['etl.py'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/lies outside of it|no plain file/)
  })
})
