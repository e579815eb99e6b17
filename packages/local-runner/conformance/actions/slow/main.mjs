import { spawn } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'

const { TRACE, PIDS, GITHUB_STATE } = process.env
const deaf = `process.on('SIGINT', () => require('fs').appendFileSync(process.env.TRACE, 'child SIGINT\\n'))`
const child = spawn(process.execPath, ['-e', `${deaf}; setInterval(() => undefined, 1000)`], { stdio: 'ignore' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => appendFileSync(TRACE, `${signal}\n`))
appendFileSync(GITHUB_STATE, 'job=training-1\n')
writeFileSync(PIDS, `${process.pid} ${child.pid}`)
setInterval(() => undefined, 1000)
