import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, writeFileSync } from 'node:fs'

const { TRACE, PIDS, GITHUB_STATE } = process.env
const listens = `process.on('SIGINT', () => require('fs').appendFileSync(process.env.TRACE, 'SIGINT of the child\\n'))`
const script = `${listens}; setInterval(() => undefined, 1000); console.log('ready')`
const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => appendFileSync(TRACE, `${signal}\n`))
appendFileSync(GITHUB_STATE, 'job=training-1\n')
await once(child.stdout, 'data')
writeFileSync(PIDS, `${process.pid} ${child.pid}`)
setInterval(() => undefined, 1000)
