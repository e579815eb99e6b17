import { appendFileSync } from 'node:fs'

appendFileSync(process.env.TRACE, `post ${process.env.STATE_tag}\n`)
