import { appendFileSync } from 'node:fs'

const { env } = process
appendFileSync(env.TRACE, `main ${env.INPUT_TAG} ${env.INPUT_FALLBACK}\n`)
appendFileSync(env.GITHUB_STATE, `tag=${env.INPUT_TAG}\n`)
appendFileSync(env.GITHUB_OUTPUT, `said=${env.INPUT_TAG}\n`)
