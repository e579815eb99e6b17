import type { Report } from '@mlops/core'
import type { Choice } from './choose.ts'
import type { Published } from './publish.ts'

const HOW = {
  written: 'counts from now on',
  unchanged: 'counted already',
  overtaken: 'does not count, as a newer one does',
} as const

export const exportedReport = (
  { package: found, because }: Choice,
  environment: string,
  { kind, config, before }: Published,
): Report => ({
  headline: `${found.group} version ${found.version} ${HOW[kind]} for ${environment}.`,
  blocks: [
    {
      kind: 'facts',
      facts: [
        ['package', found.arn],
        ['chosen by', because],
        ['approval', found.approvalDescription],
        ['model', found.modelDataUrl],
        ...(config === undefined ? [] : [['written to', config] as const]),
        ...(before === undefined ? [] : [['before', `version ${before.version}`] as const]),
      ],
    },
  ],
})

export const foundReport = ({ package: found, because }: Choice, environment: string): Report => ({
  headline: `${found.group} version ${found.version} is the one for ${environment}, by ${because}.`,
  blocks: [
    {
      kind: 'facts',
      facts: [
        ['package', found.arn],
        ['model', found.modelDataUrl],
      ],
    },
  ],
})

export const noneReport = (environment: string): Report => ({
  headline: `There is no package for ${environment} yet.`,
  blocks: [],
})
