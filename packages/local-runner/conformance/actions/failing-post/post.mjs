import { appendFileSync } from 'node:fs'

appendFileSync(process.env.TRACE, 'post of success\n')
