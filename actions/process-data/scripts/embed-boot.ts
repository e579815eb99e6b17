import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const source = join(import.meta.dirname, '../src')

/** The module that carries boot.py into the bundle, where no file lies beside it. */
export const bootModule = (): string => {
  const python = readFileSync(join(source, 'boot.py'), 'utf8')
  const escaped = python.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')
  return `// Generated from boot.py by \`node actions/process-data/scripts/embed-boot.ts\`.\nexport const BOOT_SCRIPT = \`${escaped}\`\n`
}

if (import.meta.main) writeFileSync(join(source, 'boot-script.ts'), bootModule())
