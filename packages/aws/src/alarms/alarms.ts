import type { AlarmHistoryItem, CompositeAlarm, MetricAlarm } from '@aws-sdk/client-cloudwatch'
import {
  ActionError,
  type Alarm,
  type AlarmChange,
  type Alarms,
  type AlarmStateValue,
  type Clock,
  type EpochMs,
  epochMs,
  type Random,
} from '@mlops/core'
import { classify } from '../classify.ts'
import { withRetries } from '../retries.ts'
import type { AwsSession } from '../session.ts'
import { toActionError } from '../to-action-error.ts'

export interface AlarmContext {
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

/** Half a minute at most, since a bake looks again by itself. */
const ATTEMPTS = 7
/** What one call may ask for. */
const NAMES = 100
const HISTORY = 100
/** So much history of one alarm is read. */
const MOST_PAGES = 10
const SUM_PERIOD_SECONDS = 60
/** The most points that one answer may hold. */
const MOST_POINTS = 1440

const isOfTheWay = (error: unknown) => ['transient', 'network', 'creds', 'denied'].includes(classify(error))

const toAlarmError = (error: unknown, doing: string): ActionError => {
  if (error instanceof ActionError || isOfTheWay(error)) return toActionError(error, doing)
  return new ActionError({
    code: 'E-ALARM',
    kind: 'remote',
    what: `${doing} failed`,
    why: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    hint: 'check what the checks file says of alarms and metrics',
    cause: error,
  })
}

const since = ({ StateTransitionedTimestamp, StateUpdatedTimestamp }: MetricAlarm | CompositeAlarm): EpochMs =>
  epochMs((StateTransitionedTimestamp ?? StateUpdatedTimestamp)?.getTime() ?? 0)

const commonOf = (alarm: MetricAlarm | CompositeAlarm) => ({
  name: alarm.AlarmName ?? '',
  state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
  reason: alarm.StateReason ?? '',
  since: since(alarm),
})

/** The longest period of the metrics that an alarm does arithmetic with, in seconds. */
const periodOf = ({ Period, Metrics = [] }: MetricAlarm): number =>
  Math.max(Period ?? 0, ...Metrics.map((metric) => metric.MetricStat?.Period ?? metric.Period ?? 0))

const metricAlarm = (alarm: MetricAlarm): Alarm => ({
  ...commonOf(alarm),
  needsMs: periodOf(alarm) * 1000 * (alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods ?? 1),
})

const compositeAlarm = (alarm: CompositeAlarm): Alarm => ({ ...commonOf(alarm), rule: alarm.AlarmRule ?? '' })

const STATES: readonly AlarmStateValue[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA']

interface StateData {
  readonly newState?: { readonly stateValue?: string; readonly stateReason?: string }
}

/** HistoryData is JSON whose form AWS shows in examples only; the summary says the state too. */
const dataOf = ({ HistoryData = '' }: AlarmHistoryItem): StateData => {
  try {
    return JSON.parse(HistoryData) as StateData
  } catch {
    return {}
  }
}

const changeOf = (name: string, item: AlarmHistoryItem): readonly AlarmChange[] => {
  const { newState } = dataOf(item)
  const named = newState?.stateValue ?? / to (\w+)$/.exec(item.HistorySummary ?? '')?.[1]
  const to = STATES.find((state) => state === named)
  if (to === undefined) return []
  const reason = newState?.stateReason ?? item.HistorySummary ?? ''
  return [{ name, at: epochMs(item.Timestamp?.getTime() ?? 0), to, reason }]
}

const slices = (names: readonly string[]) =>
  Array.from({ length: Math.ceil(names.length / NAMES) }, (_, index) => names.slice(index * NAMES, (index + 1) * NAMES))

/** The alarms and metrics of the session's account and region. */
export const cloudWatchAlarms = (session: AwsSession, context: AlarmContext): Alarms => {
  const open = async () => {
    const facade = await import('./cloudwatch.ts')
    return { facade, client: new facade.CloudWatchClient(session.clientConfig('cloudwatch')) }
  }
  let opened: ReturnType<typeof open> | undefined
  const ask = async <T>(doing: string, call: (ready: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> => {
    opened ??= open()
    const ready = await opened
    try {
      return await withRetries(() => call(ready), { ...context, attempts: ATTEMPTS })
    } catch (error) {
      context.signal.throwIfAborted()
      throw toAlarmError(error, doing)
    }
  }
  const abort = { abortSignal: context.signal }

  const describeSome = (names: readonly string[]) =>
    ask('asking about alarms', async ({ client, facade }) => {
      const command = new facade.DescribeAlarmsCommand({
        AlarmNames: [...names],
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        MaxRecords: NAMES,
      })
      const { MetricAlarms = [], CompositeAlarms = [] } = await client.send(command, abort)
      return [...MetricAlarms.map(metricAlarm), ...CompositeAlarms.map(compositeAlarm)]
    })

  const describe: Alarms['describe'] = async (names) => {
    const found: Alarm[] = []
    for (const some of slices([...new Set(names)])) found.push(...(await describeSome(some)))
    return found
  }

  const changes: Alarms['changes'] = async (name, start) => {
    const found: AlarmChange[] = []
    let token: string | undefined
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { AlarmHistoryItems = [], NextToken } = await ask(`reading the history of ${name}`, ({ client, facade }) =>
        client.send(
          new facade.DescribeAlarmHistoryCommand({
            AlarmName: name,
            AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
            HistoryItemType: 'StateUpdate',
            // oxlint-disable-next-line no-restricted-globals -- formats a given time, asks for none
            StartDate: new Date(start),
            MaxRecords: HISTORY,
            ScanBy: 'TimestampAscending',
            NextToken: token,
          }),
          abort,
        ),
      )
      found.push(...AlarmHistoryItems.flatMap((item) => changeOf(name, item)))
      if (NextToken === undefined) break
      token = NextToken
    }
    return found
  }

  const sum: Alarms['sum'] = async ({ namespace, metric, dimensions }, from, to) => {
    const points = Math.ceil((to - from) / 1000 / SUM_PERIOD_SECONDS) + 1
    const { Datapoints = [] } = await ask(`reading the metric ${namespace} ${metric}`, ({ client, facade }) =>
      client.send(
        new facade.GetMetricStatisticsCommand({
          Namespace: namespace,
          MetricName: metric,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          // oxlint-disable-next-line no-restricted-globals -- formats a given time, asks for none
          StartTime: new Date(from),
          // oxlint-disable-next-line no-restricted-globals -- the same
          EndTime: new Date(to),
          Period: SUM_PERIOD_SECONDS * Math.ceil(points / MOST_POINTS),
          Statistics: ['Sum'],
        }),
        abort,
      ),
    )
    return Datapoints.reduce((total, { Sum = 0 }) => total + Sum, 0)
  }

  return { describe, changes, sum }
}
