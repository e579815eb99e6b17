import type { JobKind } from './ports.ts'

const HOSTS: readonly (readonly [prefix: string, host: string])[] = [
  ['cn-', 'console.amazonaws.cn'],
  ['us-gov-', 'console.amazonaws-us-gov.com'],
]
const hostOf = (region: string) => HOSTS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'console.aws.amazon.com'

export const LOG_GROUPS = {
  training: '/aws/sagemaker/TrainingJobs',
  processing: '/aws/sagemaker/ProcessingJobs',
} as const satisfies Readonly<Record<JobKind, string>>

/** Page of the job in the AWS console. */
export const jobLink = (kind: JobKind, name: string, region: string): string => {
  const page = kind === 'training' ? 'jobs' : 'processing-jobs'
  return `https://${region}.${hostOf(region)}/sagemaker/home?region=${region}#/${page}/${name}`
}

// The console's fragment is encoded twice, with $ in the place of %.
const fragment = (text: string) => encodeURIComponent(encodeURIComponent(text)).replaceAll('%', '$')

/** Page of the job's log streams in the AWS console. */
export const logLink = (kind: JobKind, name: string, region: string): string =>
  `https://${region}.${hostOf(region)}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${fragment(LOG_GROUPS[kind])}` +
  `$3FlogStreamNameFilter$3D${fragment(`${name}/`)}`
