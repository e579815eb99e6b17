import type { Tooth } from './tooth.ts'

const CORE = 'packages/core/src'
const AWS = 'packages/aws/src'
const KIT = 'packages/action-kit/src'
const TRAIN = 'actions/train-job/scenario'
const PROCESS = 'actions/process-data/scenario'

/** Of the actions that run jobs. */
export const JOB_TEETH: readonly Tooth[] = [
  {
    scenario: 'cancel during training',
    suite: `${TRAIN}/cancel`,
    breaks: ['the script ends at once', 'the script ends after saving'],
    mutation: 'the cancelled step does not call Stop',
    edits: [
      {
        file: `${AWS}/jobs/run-job.ts`,
        find: 'await Promise.race([ports.jobs.stop(current.name), late()])',
        replace: 'await clock.sleep(0)',
      },
    ],
  },
  {
    scenario: 'main step killed',
    suite: `${TRAIN}/cancel`,
    breaks: ['the post step stops the job'],
    mutation: 'the post step does not call Stop',
    edits: [{ file: `${AWS}/jobs/job-guard.ts`, find: '    await jobs.stop(job.name)\n', replace: '' }],
  },
  {
    scenario: 'on-cancel: leave',
    suite: `${TRAIN}/cancel`,
    breaks: ['with on-cancel: leave'],
    mutation: 'on-cancel is ignored',
    edits: [
      {
        file: `${AWS}/jobs/run-job.ts`,
        find: "if (run.onCancel === 'leave' || !current.ours) {",
        replace: 'if (!current.ours) {',
      },
    ],
  },
  {
    scenario: 'user script fails',
    suite: `${TRAIN}/user-code-fails`,
    breaks: ['the step is red with the traceback'],
    mutation: 'the frame of the user is not found',
    edits: [
      {
        file: `${CORE}/jobs/traceback.ts`,
        find: 'if (found !== undefined) return { file: found, line }',
        replace: 'if (found === file) return { file: found, line }',
      },
    ],
  },
  {
    scenario: 'foreign text is no command',
    suite: `${TRAIN}/user-code-fails`,
    breaks: ['the step is red with the traceback', 'looks like a workflow command is text'],
    mutation: 'log lines are printed without a fence',
    edits: [{ file: `${KIT}/log.ts`, find: '`::stop-commands::${token}`,', replace: "''," }],
  },
  {
    scenario: 'runner SIGKILLed, run again',
    suite: `${TRAIN}/lost-runner`,
    breaks: ['leaves its job to the re-run'],
    mutation: 'a job under way is not adopted',
    edits: [
      {
        file: `${CORE}/jobs/decide.ts`,
        find: "case 'in-progress':\n      return { kind: 'attach' }",
        replace: "case 'in-progress':\n      return { kind: 'next-attempt' }",
      },
    ],
  },
  {
    scenario: '1-hour credentials, 4-hour job',
    suite: `${TRAIN}/long-wait`,
    breaks: ['a four-hour job is waited for'],
    mutation: 'credentials are made once',
    edits: [
      {
        file: `${AWS}/credentials.ts`,
        find: 'held !== undefined && left(held) > RENEW_BEFORE_MS ? Promise.resolve(held)',
        replace: 'held !== undefined ? Promise.resolve(held)',
      },
      { file: `${AWS}/credentials.ts`, find: '      held = undefined\n', replace: '' },
    ],
  },
  {
    scenario: 'each operation throttled or failing',
    suite: `${TRAIN}/faults`,
    breaks: ['meets throttle', 'meets 500'],
    mutation: 'a passing fault is not repeated',
    edits: [
      {
        file: `${AWS}/retries.ts`,
        find: "fault === 'transient' || fault === 'network'",
        replace: "fault === 'network'",
      },
    ],
  },
  {
    scenario: 'each operation reset or its answer lost',
    suite: `${TRAIN}/faults`,
    breaks: ['meets reset', 'meets lost-response'],
    mutation: 'a broken connection is not repeated',
    edits: [
      {
        file: `${AWS}/retries.ts`,
        find: "fault === 'transient' || fault === 'network'",
        replace: "fault === 'transient'",
      },
    ],
  },
  {
    scenario: 'each operation of process-data throttled or failing',
    suite: `${PROCESS}/faults`,
    breaks: ['meets throttle', 'meets 500'],
    mutation: 'a passing fault is not repeated',
    edits: [
      {
        file: `${AWS}/retries.ts`,
        find: "fault === 'transient' || fault === 'network'",
        replace: "fault === 'network'",
      },
    ],
  },
  {
    scenario: 'each operation of process-data reset or its answer lost',
    suite: `${PROCESS}/faults`,
    breaks: ['meets reset', 'meets lost-response'],
    mutation: 'a broken connection is not repeated',
    edits: [
      {
        file: `${AWS}/retries.ts`,
        find: "fault === 'transient' || fault === 'network'",
        replace: "fault === 'transient'",
      },
    ],
  },
  {
    scenario: 'the Stop call meets a fault',
    suite: `${TRAIN}/cancel`,
    breaks: ['whose Stop call meets'],
    mutation: 'Stop is tried once',
    edits: [{ file: `${AWS}/jobs/sagemaker-jobs.ts`, find: 'const STOP_TRIES = 2', replace: 'const STOP_TRIES = 1' }],
  },
  {
    scenario: 'AWS and the token through a proxy',
    suite: `${TRAIN}/proxy`,
    breaks: ['reached through a proxy only'],
    mutation: 'the proxies of the environment are not read for AWS',
    edits: [
      {
        file: `${AWS}/network.ts`,
        find: 'new HttpAgent({ keepAlive: true, proxyEnv })',
        replace: 'new HttpAgent({ keepAlive: true })',
      },
    ],
  },
  {
    scenario: 'GitHub through a proxy',
    suite: 'actions/setup/scenario',
    breaks: ['behind a proxy it learns'],
    mutation: 'GitHub is asked past the proxy',
    edits: [
      {
        file: `${KIT}/github.ts`,
        find: 'getOctokit(token, { baseUrl: apiUrl })',
        replace: 'getOctokit(token, { baseUrl: apiUrl, request: { fetch } })',
      },
    ],
  },
  {
    scenario: 'the answer to Create is lost',
    suite: `${TRAIN}/faults`,
    breaks: ['sagemaker CreateTrainingJob (after 0 of them) meets lost-response'],
    mutation: 'a name that is taken is an error',
    edits: [
      { file: `${AWS}/jobs/sagemaker-jobs.ts`, find: "if (classify(error) === 'in-use') return 'exists'", replace: '' },
    ],
  },
  {
    scenario: 'quota: next type',
    suite: `${TRAIN}/limits`,
    breaks: ['a type without quota makes room'],
    mutation: 'no further type is tried',
    edits: [
      { file: `${CORE}/jobs/retry.ts`, find: 'return nextType(state, bounds, name) ?? FAIL', replace: 'return FAIL' },
    ],
  },
  {
    scenario: 'quota: message',
    suite: `${TRAIN}/limits`,
    breaks: ['the error names limit, use and demand'],
    mutation: 'the refusal is not read',
    edits: [
      {
        file: `${AWS}/jobs/run-job.ts`,
        find: 'const quotaError = (error: ActionError, instanceTypes: readonly string[]) => {\n  const quota = parseQuota(error.message)',
        replace:
          "const quotaError = (error: ActionError, instanceTypes: readonly string[]) => {\n  const quota = parseQuota('')",
      },
    ],
  },
  {
    scenario: 'capacity',
    suite: `${TRAIN}/limits`,
    breaks: ['a type without capacity makes room'],
    mutation: 'missing capacity is not told from other failures',
    edits: [
      {
        file: `${CORE}/jobs/failure.ts`,
        find: "Insufficient\\w*Capacity/i, 'capacity'",
        replace: "Insufficient\\w*Capacity/i, 'remote'",
      },
    ],
  },
  {
    scenario: 'same content twice',
    suite: `${TRAIN}/reuse`,
    breaks: ['the same content in another run creates no job', 'other data is other content'],
    mutation: 'a completed job is not reused (the next test counts the jobs too)',
    edits: [
      {
        file: `${CORE}/jobs/decide.ts`,
        find: "return { kind: 'reuse' }",
        replace: "return { kind: 'next-attempt' }",
      },
    ],
  },
  {
    scenario: 'other data is other content',
    suite: `${TRAIN}/reuse`,
    breaks: ['other data is other content'],
    mutation: 'the data is no part of the run key',
    edits: [
      {
        file: `${CORE}/jobs/run-key.ts`,
        find: 'short(objects.map(({ uri, etag, size }) => [uri, etag, size]))',
        replace: 'short(objects.map(({ uri }) => [uri]))',
      },
    ],
  },
  {
    scenario: 'bad name, hyperparameter too long, …',
    suite: `${TRAIN}/bad-input`,
    breaks: ['all faults of the inputs are named at once'],
    mutation: 'only the first fault is reported',
    edits: [
      {
        file: `${KIT}/start.ts`,
        find: 'for (const fault of parsed.faults) context.log',
        replace: 'for (const fault of parsed.faults.slice(0, 1)) context.log',
      },
    ],
  },
  {
    scenario: 'no data in a channel',
    suite: `${TRAIN}/bad-input`,
    breaks: ['every channel without data is named'],
    mutation: 'only the first empty channel is reported',
    edits: [
      {
        file: `${AWS}/jobs/list-inputs.ts`,
        find: 'throw nothingThere(empty)',
        replace: 'throw nothingThere(empty.slice(0, 1))',
      },
    ],
  },
  {
    scenario: 'foreign bucket',
    suite: `${TRAIN}/bad-input`,
    breaks: ['a bucket of somebody else is named'],
    mutation: 'a foreign bucket is any refusal',
    edits: [
      {
        file: `${AWS}/to-action-error.ts`,
        find: "const opaque = classify(error) === 'denied' &&",
        replace: "const opaque = classify(error) === 'creds' &&",
      },
    ],
  },
  {
    scenario: 'role not assumable',
    suite: `${TRAIN}/bad-input`,
    breaks: ['explained by the claims of the token'],
    mutation: 'the claims are not named',
    edits: [
      {
        file: `${AWS}/web-identity.ts`,
        find: 'const { sub, aud } = claimsOf(token)',
        replace: 'const { sub, aud } = claimsOf(token.slice(0, 0))',
      },
    ],
  },
  {
    scenario: 'missing entry point',
    suite: `${TRAIN}/bad-input`,
    breaks: ['a missing entry point is named'],
    mutation: 'what is there is not said',
    edits: [{ file: `${AWS}/source.ts`, find: 'near.slice(0, 8)', replace: 'near.slice(0, 0)' }],
  },
  {
    scenario: 'execution role may not be passed',
    suite: `${TRAIN}/bad-input`,
    breaks: ['may not be passed on'],
    mutation: 'a denial is any refusal',
    edits: [{ file: `${AWS}/to-action-error.ts`, find: "code: 'E-ACCESS'", replace: "code: 'E-REQUEST'" }],
  },
  {
    scenario: 'no raw data',
    suite: `${PROCESS}/bad-data`,
    breaks: ['no raw data at all'],
    mutation: 'empty inputs are not noticed',
    edits: [
      { file: `${AWS}/jobs/list-inputs.ts`, find: 'if (empty.length > 0) throw nothingThere(empty)', replace: '' },
    ],
  },
  {
    scenario: 'empty CSV',
    suite: `${PROCESS}/bad-data`,
    breaks: ['files with headers only are empty too'],
    mutation: 'a file without rows is taken',
    edits: [{ file: 'examples/retail/pipeline/etl.py', find: 'if rows == 0:', replace: 'if rows < 0:' }],
  },
  {
    scenario: 'missing column',
    suite: `${PROCESS}/bad-data`,
    breaks: ['an empty file and missing columns are named', 'files with headers only are empty too'],
    mutation: 'only the last word of a job is its reason (three files without rows are more than one)',
    edits: [{ file: `${CORE}/jobs/conclusion.ts`, find: '.slice(-LAST_WORDS)', replace: '.slice(-1)' }],
  },
  {
    scenario: 'a data set is published whole',
    suite: `${PROCESS}/publishes`,
    breaks: ['a run that was overtaken'],
    mutation: 'an older run publishes over a newer one',
    edits: [
      { file: `${CORE}/jobs/manifest.ts`, find: 'BigInt(ours) >= BigInt(theirs) : true', replace: 'true : true' },
    ],
  },
]
