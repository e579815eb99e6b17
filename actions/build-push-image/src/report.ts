import type { Block, Finding, ModelPackage, Report, ScanJudgement } from '@mlops/core'

const SHOWN = 50

const row = ({ id, severity, package: name, version, fixedIn = '', fixable }: Finding) => [
  severity,
  id,
  name,
  version,
  fixedIn === '' && fixable === false ? 'no fix' : fixedIn,
]

const findingsTable = (findings: readonly Finding[]): readonly Block[] => {
  if (findings.length === 0) return []
  const more = findings.length - SHOWN
  return [
    {
      kind: 'table',
      columns: ['severity', 'vulnerability', 'package', 'version', 'fixed in'],
      rows: findings.slice(0, SHOWN).map(row),
    },
    ...(more > 0 ? [{ kind: 'text', text: `… and ${more} more.` } as const] : []),
  ]
}

const ignoredBlocks = ({ ignored }: ScanJudgement): readonly Block[] =>
  ignored.length === 0
    ? []
    : [
        { kind: 'heading', text: 'Let pass for a while' },
        {
          kind: 'table',
          columns: ['severity', 'vulnerability', 'package', 'because', 'until'],
          rows: ignored.map(({ finding, because }) => [
            finding.severity,
            finding.id,
            finding.package,
            because.reason,
            because.expires,
          ]),
        },
      ]

/** Why an image is refused. */
export const findingsReport = (judgement: ScanJudgement): Report => ({
  headline: `The image is refused for ${judgement.blocking.length} ${judgement.blocking.length === 1 ? 'vulnerability' : 'vulnerabilities'}; it has no tag.`,
  blocks: [...findingsTable(judgement.blocking), ...ignoredBlocks(judgement)],
})

export interface Built {
  readonly image: string
  readonly tag: string
  readonly model: ModelPackage | undefined
  readonly layers: number
  readonly bytes: number
  readonly scanStatus: string
  readonly judgement?: ScanJudgement
}

const modelWords = (model: ModelPackage | undefined) =>
  model === undefined ? 'no model (placeholder)' : `${model.group} version ${model.version}`

const facts = ({ image, tag, model, layers, bytes, scanStatus, judgement }: Built): Block => ({
  kind: 'facts',
  facts: [
    ['image', image],
    ['tag', tag],
    ['model', model?.arn ?? modelWords(model)],
    ['layers uploaded', `${layers} (${bytes} bytes with the configuration)`],
    ['scan', scanStatus],
    [
      'vulnerabilities',
      Object.entries(judgement?.counts ?? {})
        .map(([severity, count]) => `${count} ${severity}`)
        .join(', ') || 'none found',
    ],
  ],
})

const HEADLINES = {
  pushed: 'is pushed',
  reused: 'was there already, the same in every byte that counts',
  planned: 'would be pushed',
} as const

/** What became of the image. */
export const builtReport = (status: keyof typeof HEADLINES, built: Built): Report => ({
  headline: `The image ${built.tag} with ${modelWords(built.model)} ${HEADLINES[status]}.`,
  blocks: [facts(built), ...(built.judgement === undefined ? [] : ignoredBlocks(built.judgement))],
})
