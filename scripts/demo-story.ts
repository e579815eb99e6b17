import type { Impact } from '@mlops/core'
import type { RunRecord } from '@mlops/local-runner'

type Outputs = Readonly<Record<string, string>>

const TARGETS: readonly (readonly [label: string, metric: string, target: number])[] = [
  ['accuracy', 'accuracy', 0.8],
  ['macro F1', 'f1_macro', 0.7],
]

const jobOf = ({ jobs }: RunRecord, name: string) => jobs.find(({ id }) => id.endsWith(`/${name}`))
const stepOf = (record: RunRecord, job: string, id: string): Outputs =>
  jobOf(record, job)?.steps.find((step) => step.id === id)?.outputs ?? {}

const figuresIn = (text = ''): Readonly<Record<string, number>> =>
  text === '' ? {} : (JSON.parse(text) as Readonly<Record<string, number>>)

const percent = (value: number | undefined) => (value === undefined ? '' : `${(value * 100).toFixed(1)} %`)
const LABEL = 12
const line = (label: string, text: string) => `  ${label.padEnd(LABEL)}${text}`
const row = (cells: readonly string[]) =>
  cells
    .map((cell) => cell.padStart(13))
    .join('')
    .trimEnd()

const metricLines = (gate: Outputs, train: Outputs): readonly string[] => {
  const [metrics, deltas, trained] = [
    figuresIn(gate['metrics']),
    figuresIn(gate['deltas']),
    figuresIn(train['metrics']),
  ]
  const rows = TARGETS.flatMap(([label, metric, target]) => {
    const candidate = metrics[metric]
    if (candidate === undefined) return []
    const delta = deltas[metric]
    const champion = delta === undefined ? undefined : candidate - delta
    const cells = [candidate, champion, target, trained[`baseline:${metric}`]]
    return [line(label, row(cells.map(percent)))]
  })
  return rows.length === 0 ? [] : [line('', row(['candidate', 'champion', 'target', 'majority'])), ...rows]
}

const amount = (value: number, currency: string) =>
  `${value < 0 ? '-' : ''}${Math.abs(value).toLocaleString('en-US', { maximumFractionDigits: 0 })} ${currency}`

const impactLines = (text = ''): readonly string[] => {
  if (text === '') return []
  const { total, currency, againstChampion } = JSON.parse(text) as Impact
  const bounds =
    total.interval === undefined
      ? ''
      : `, at least ${amount(total.interval.lower, currency)} and at most ${amount(total.interval.upper, currency)} (95 % each)`
  return [
    line('impact', `${amount(total.value, currency)} a month${bounds}`),
    ...(againstChampion === undefined
      ? []
      : [line('', `${amount(againstChampion.value, currency)} a month against the champion`)]),
  ]
}

const costLines = (record: RunRecord): readonly string[] => {
  const costs = (record.jobs ?? []).flatMap(({ steps }) =>
    steps.flatMap(({ outputs }) => (outputs['estimated-cost'] ? [Number(outputs['estimated-cost'])] : [])),
  )
  const total = costs.reduce((sum, cost) => sum + cost, 0)
  return costs.length === 0 ? [] : [line('cost', `${total.toFixed(4)} by the price list, for ${costs.length} jobs`)]
}

const imageLines = (record: RunRecord): readonly string[] => {
  const { image = '', tag = '', 'package-arn': model = '' } = jobOf(record, 'build-image')?.outputs ?? {}
  return image === ''
    ? []
    : [line('image', image), line('', `${tag}, with ${model === '' ? 'no model' : `the model of ${model}`}`)]
}

const WHAT_BECAME: Readonly<Record<string, string>> = {
  deployed: 'was rolled out',
  unchanged: 'serves already; nothing had to be changed',
  'rolled-back': 'failed, and all of it was put back as it was',
  'failed-no-target': 'failed, and there was nothing to go back to',
}
const HEALTH: Readonly<Record<string, string>> = {
  healthy: 'Healthy: every check passes.',
  inconclusive: 'Nobody can say.',
}

const causesIn = ({ annotations }: RunRecord): readonly string[] =>
  annotations.flatMap(({ level, message, job }) =>
    level === 'error' && job.endsWith('/release') && message.startsWith('E-')
      ? message.split(' | ').map((part, index) => line(index === 0 ? 'cause' : '', part))
      : [],
  )

const rollbackLines = (health: Outputs): readonly string[] => {
  const { 'rolled-back': rolledBack, 'restored-revision': revision = '', 'rollback-verdict': verdict = '' } = health
  if (rolledBack !== 'true') return []
  const [detect = '', restore = ''] = [health['time-to-detect'], health['time-to-restore']]
  return [
    line('rollback', `Revision ${revision} is back as a whole, and ${verdict} by the same checks.`),
    line('', `Found after ${detect} s, put back within ${restore} s.`),
  ]
}

const releaseLines = (record: RunRecord): readonly string[] => {
  const [deployed, health] = [stepOf(record, 'release', 'deploy'), stepOf(record, 'release', 'health')]
  const { status = '', revision = '', release = '' } = deployed
  const { verdict = '', 'first-bad-check': bad = '', answer = '' } = health
  return [
    ...imageLines(record),
    ...(status === ''
      ? []
      : [line('release', `Revision ${revision} of ${release} ${WHAT_BECAME[status] ?? `ended as ${status}`}.`)]),
    ...(verdict === '' ? [] : [line('health', HEALTH[verdict] ?? `Unhealthy: "${bad}" fails.`)]),
    ...(answer === '' ? [] : [line('answer', answer)]),
    ...causesIn(record),
    ...rollbackLines(health),
  ]
}

/**
 * What a run came to, for a person at a terminal: the gate's verdict, figures beside champion, target and majority, impact,
 * cost, the release and what its service answers, places.
 */
export const story = (record: RunRecord, folder: string): readonly string[] => {
  const gate = stepOf(record, 'evaluate', 'gate')
  const train = stepOf(record, 'train', 'train')
  const registered = stepOf(record, 'evaluate', 'register')
  const { sentence = '', 'page-path': page = '' } = gate
  return [
    ...(sentence === '' ? [] : [line('verdict', sentence)]),
    ...metricLines(gate, train),
    ...impactLines(gate['impact']),
    ...costLines(record),
    ...(registered['package-arn']
      ? [line('package', `${registered['package-arn']} (${registered['approval-status'] ?? ''})`)]
      : []),
    ...releaseLines(record),
    ...(page === '' ? [] : [line('report', `${folder}/artifacts/gate-report-basket-sensitivity/gate-report.html`)]),
    line('details', `${folder}/summary.md, logs and run.json beside it`),
  ]
}
