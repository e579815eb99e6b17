import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** An edit of the product that makes it wrong in one way: `find` must stand in the file exactly once. */
export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** A mutation and the tests of `suite` that must fail by it, by a part of their names; no others may. */
export interface Tooth {
  readonly scenario: string
  readonly suite: string
  readonly breaks: readonly string[]
  readonly mutation: string
  readonly edits: readonly Edit[]
}

const CORE = 'packages/core/src'
const AWS = 'packages/aws/src'
const KIT = 'packages/action-kit/src'
const TRAIN = 'actions/train-job/scenario'
const PROCESS = 'actions/process-data/scenario'
const REGISTER = 'actions/register-model/scenario'
const EXPORT = 'actions/export-deployment-config/scenario'
const E2E = 'packages/testing/e2e/pipeline.e2e.ts'

const TEETH: readonly Tooth[] = [
  {
    scenario: 'dispatch with retrain, prod',
    suite: E2E,
    breaks: ['processes and trains'],
    mutation: 'metrics are not read from the job',
    edits: [
      {
        file: `${CORE}/jobs/conclusion.ts`,
        find: 'metrics: JSON.stringify(Object.fromEntries((state?.metrics ?? [])',
        replace: 'metrics: JSON.stringify(Object.fromEntries((state?.metrics.slice(0, 0) ?? [])',
      },
    ],
  },
  {
    scenario: 'deploy-only',
    suite: E2E,
    breaks: ['deploy-only does not train'],
    mutation: 'deploy-only is ignored',
    edits: [
      {
        file: `${CORE}/pipeline/plan.ts`,
        find: 'const train = retrainModel && !deployOnly',
        replace: 'const train = retrainModel',
      },
    ],
  },
  {
    scenario: 'cron trains',
    suite: E2E,
    breaks: ['the weekly schedule trains for prod', 'cancelled during training'],
    mutation: 'a scheduled run does not train (the cancelled run is a scheduled one)',
    edits: [
      {
        file: `${CORE}/pipeline/plan.ts`,
        find: "environment: 'prod', train: true, deploy: true",
        replace: "environment: 'prod', train: false, deploy: true",
      },
    ],
  },
  {
    scenario: 'push of docs only',
    suite: E2E,
    breaks: ['of documentation only starts nothing'],
    mutation: 'the workflow does not leave documentation out',
    edits: [
      { file: '.github/workflows/mlops-pipeline.yml', find: "    paths-ignore: ['**.md', 'docs/**']\n", replace: '' },
    ],
  },
  {
    scenario: 'push of other code',
    suite: E2E,
    breaks: ['of other code to main'],
    mutation: 'every push trains',
    edits: [
      {
        file: `${CORE}/pipeline/plan.ts`,
        find: 'return { environment, train: first !== undefined, deploy: true, because }',
        replace: 'return { environment, train: true, deploy: true, because }',
      },
    ],
  },
  {
    scenario: 'push to develop',
    suite: E2E,
    breaks: ['of training code to develop'],
    mutation: 'develop belongs to prod',
    edits: [
      {
        file: `${CORE}/pipeline/plan.ts`,
        find: "'refs/heads/develop': 'staging'",
        replace: "'refs/heads/develop': 'prod'",
      },
    ],
  },
  {
    scenario: 'cancel during training, with always() jobs',
    suite: E2E,
    breaks: ['cancelled during training'],
    mutation: 'neither the step nor its post stops the job',
    edits: [
      {
        file: `${AWS}/jobs/run-job.ts`,
        find: 'await Promise.race([ports.jobs.stop(current.name), late()])',
        replace: 'await clock.sleep(0)',
      },
      { file: `${AWS}/jobs/job-guard.ts`, find: '    await jobs.stop(job.name)\n', replace: '' },
    ],
  },
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
  {
    scenario: 'registered by verdict',
    suite: `${REGISTER}/approval`,
    breaks: ['the verdict approve makes it', 'the verdict reject makes it', 'the verdict inconclusive makes it'],
    mutation: 'the approval is not written to the registry',
    edits: [
      {
        file: 'actions/register-model/src/register.ts',
        find: '  await registry.update({ arn: found.arn, approval: { status: approval.status, description } })\n',
        replace: '',
      },
    ],
  },
  {
    scenario: 'a rejected model',
    suite: `${REGISTER}/approval`,
    breaks: ['the verdict reject makes it'],
    mutation: 'a rejection waits for a person',
    edits: [
      {
        file: `${CORE}/registry/approval.ts`,
        find: "return { status: 'Rejected', because: sentence }",
        replace: 'return pending(sentence)',
      },
    ],
  },
  {
    scenario: 'an inconclusive verdict',
    suite: `${REGISTER}/approval`,
    breaks: ['the verdict inconclusive makes it'],
    mutation: 'what is not rejected is approved',
    edits: [
      {
        file: `${CORE}/registry/approval.ts`,
        find: "if (verdict !== 'approve' || approvalStatus !== 'Approved') return",
        replace: "if (verdict === 'reject') return",
      },
    ],
  },
  {
    scenario: 'artifact swapped between gate and register',
    suite: `${REGISTER}/approval`,
    breaks: ['an artifact that was replaced after the gate'],
    mutation: 'the digests are not compared',
    edits: [
      {
        file: `${CORE}/registry/approval.ts`,
        find: 'model.digest === artifact.digest) return',
        replace: "artifact.digest !== '') return",
      },
    ],
  },
  {
    scenario: 'gate report of a later version',
    suite: `${REGISTER}/approval`,
    breaks: ['a report of a later version'],
    mutation: 'a later version is not told from another file',
    edits: [
      {
        file: `${CORE}/registry/document.ts`,
        find: 'version > VERSION) return',
        replace: 'version > VERSION + 9) return',
      },
    ],
  },
  {
    scenario: 'model in a foreign bucket',
    suite: `${REGISTER}/approval`,
    breaks: ['a model in a bucket of somebody else'],
    mutation: 'a foreign bucket is any refusal',
    edits: [
      {
        file: `${AWS}/objects.ts`,
        find: 'throw toBucketError(error, doing, Bucket)',
        replace: "throw toBucketError(error, doing, Bucket === '' ? Bucket : '')",
      },
    ],
  },
  {
    scenario: 'missing group',
    suite: `${REGISTER}/registers`,
    breaks: ['an approved model is in the registry', 'the same run once more'],
    mutation: 'the group is taken to be there',
    edits: [
      {
        file: 'actions/register-model/src/register.ts',
        find: '(await ports.registry.hasGroup(group))) return',
        replace: "group !== '') return",
      },
    ],
  },
  {
    scenario: 'the same run registers twice',
    suite: `${REGISTER}/once`,
    breaks: [
      'the same run twice is one package',
      'a runner that is lost',
      'a person has Approved',
      'a person has Rejected',
    ],
    mutation: 'an earlier registration is not looked for (whoever counts on finding it notices)',
    edits: [
      {
        file: `${AWS}/registry/find-package.ts`,
        find: 'if (candidate !== undefined && isSame(candidate, wanted)) return candidate',
        replace: 'if (candidate === undefined) return candidate',
      },
    ],
  },
  {
    scenario: 'two runs register at once',
    suite: `${REGISTER}/once`,
    breaks: ['two runs at once are two packages'],
    mutation: 'the token is not that of the request',
    edits: [
      {
        file: `${CORE}/registry/request.ts`,
        find: 'canonicalJson([request, failed])',
        replace: 'canonicalJson([plan.group, failed])',
      },
    ],
  },
  {
    scenario: 'runner SIGKILLed after the creation',
    suite: `${REGISTER}/once`,
    breaks: ['a runner that is lost'],
    mutation: 'a package that was found is not decided over',
    edits: [
      {
        file: 'actions/register-model/src/register.ts',
        find: 'const settled = await settle(completed, work, ports, context)',
        replace: 'const settled = existing === undefined ? await settle(completed, work, ports, context) : completed',
      },
    ],
  },
  {
    scenario: 'never downgraded, never raised again',
    suite: `${REGISTER}/once`,
    breaks: ['a person has Approved', 'a person has Rejected'],
    mutation: 'a re-run decides over what was decided',
    edits: [
      {
        file: `${CORE}/registry/approval.ts`,
        find: "existing === 'PendingManualApproval'\n",
        replace: 'existing !== undefined\n',
      },
    ],
  },
  {
    scenario: 'register: each operation throttled or failing',
    suite: `${REGISTER}/faults`,
    breaks: ['every operation meets throttle', 'every operation meets 500'],
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
    scenario: 'register: each operation reset or its answer lost',
    suite: `${REGISTER}/faults`,
    breaks: ['every operation meets reset', 'every operation meets lost-response'],
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
    scenario: 'group or artifact made by somebody else first',
    suite: `${REGISTER}/faults`,
    breaks: [
      'these are all the operations',
      'every operation meets throttle',
      'every operation meets 500',
      'every operation meets reset',
      'every operation meets lost-response',
    ],
    mutation: 'a name that is taken is an error',
    edits: [{ file: `${AWS}/registry/calls.ts`, find: '/\\balready exists\\b/i', replace: '/\\bnever said\\b/i' }],
  },
  {
    scenario: 'approve by hand',
    suite: `${REGISTER}/approve`,
    breaks: ['what waits for a person is approved'],
    mutation: 'an approved package is approved again',
    edits: [
      {
        file: `${CORE}/registry/approval.ts`,
        find: "case 'Approved':\n      return { kind: 'unchanged' }",
        replace: "case 'Approved':\n      return { kind: 'approve', remove }",
      },
    ],
  },
  {
    scenario: 'approve what the gate rejected',
    suite: `${REGISTER}/approve`,
    breaks: ['what the gate rejected is not approved'],
    mutation: 'whatever was rejected can be approved',
    edits: [
      {
        file: `${CORE}/registry/approval.ts`,
        find: 'if (remove.length > 0) return',
        replace: 'if (remove.length >= 0) return',
      },
    ],
  },
  {
    scenario: 'artifact swapped before the approval',
    suite: `${REGISTER}/approve`,
    breaks: ['a model that was replaced since'],
    mutation: 'the digest is not computed again',
    edits: [
      {
        file: 'actions/register-model/src/approve.ts',
        find: '  if (digest !== found.artifactDigest) throw changed(found, digest)\n',
        replace: '',
      },
    ],
  },
  {
    scenario: 'approve again what failed in production',
    suite: `${REGISTER}/approve`,
    breaks: ['what failed in production is approved again'],
    mutation: 'the mark of the failed release stays',
    edits: [{ file: 'actions/register-model/src/approve.ts', find: 'remove: decision.remove', replace: 'remove: []' }],
  },
  {
    scenario: 'the package to approve does not exist',
    suite: `${REGISTER}/approve`,
    breaks: ['a package that does not exist is said'],
    mutation: 'any version is taken',
    edits: [
      {
        file: 'actions/register-model/src/approve.ts',
        find: 'if (version === packageVersion) return arn',
        replace: 'if (version !== packageVersion) return arn',
      },
    ],
  },
  {
    scenario: 'export twice',
    suite: `${EXPORT}/exports`,
    breaks: ['the first export is written'],
    mutation: 'the same content is written again',
    edits: [
      {
        file: 'actions/export-deployment-config/src/publish.ts',
        find: "if (before.text === text) return { kind: 'unchanged', before } as const",
        replace: "if (text === '') return { kind: 'unchanged', before } as const",
      },
    ],
  },
  {
    scenario: 'export: the champion',
    suite: `${EXPORT}/exports`,
    breaks: ['the champion of the environment', 'a dry run finds the champion'],
    mutation: 'the champion is not looked for',
    edits: [
      {
        file: `${CORE}/registry/selectors.ts`,
        find: 'return candidate.metadata[championKey(environment)] !== undefined',
        replace: "return candidate.metadata[championKey(environment)] === ''",
      },
    ],
  },
  {
    scenario: 'export: unhealthy packages',
    suite: `${EXPORT}/exports`,
    breaks: ['what is rejected or was unhealthy'],
    mutation: 'health is not looked at',
    edits: [
      {
        file: `${CORE}/registry/selectors.ts`,
        find: 'if (!isSelectable(candidate) || unhealthyIn(candidate).includes(environment)) return',
        replace: 'if (!isSelectable(candidate)) return',
      },
    ],
  },
  {
    scenario: 'export: not approved',
    suite: `${EXPORT}/exports`,
    breaks: ['what is not approved is refused'],
    mutation: 'any package is exported',
    edits: [{ file: 'actions/export-deployment-config/src/run.ts', find: '  assertUsable(found)\n', replace: '' }],
  },
  {
    scenario: 'export: first model ever',
    suite: `${EXPORT}/exports`,
    breaks: ['where there is none yet'],
    mutation: 'if-missing is ignored',
    edits: [
      {
        file: 'actions/export-deployment-config/src/choose.ts',
        find: "if (inputs.ifMissing === 'skip') return undefined",
        replace: '',
      },
    ],
  },
  {
    scenario: 'export: look-up',
    suite: `${EXPORT}/exports`,
    breaks: ['a dry run finds the champion'],
    mutation: 'a dry run exports',
    edits: [
      {
        file: 'actions/export-deployment-config/src/run.ts',
        find: 'if (inputs.dryRun) return lookUp(inputs, ports)',
        replace: '',
      },
    ],
  },
  {
    scenario: 'export: lost race',
    suite: `${EXPORT}/exports`,
    breaks: ['of two at once the newer version stays'],
    mutation: 'latest.json is written without a condition',
    edits: [
      {
        file: 'actions/export-deployment-config/src/shelf.ts',
        find: 'etag === undefined ? ({ ifAbsent: true } as const) : { ifMatch: etag }',
        replace: 'etag === undefined ? {} : {}',
      },
    ],
  },
  {
    scenario: 'export: rollback-to',
    suite: `${EXPORT}/exports`,
    breaks: ['rollback-to goes back step by step'],
    mutation: 'an earlier package is taken, good or not',
    edits: [
      {
        file: 'actions/export-deployment-config/src/choose.ts',
        find: 'if (found !== undefined && isGood(found, inputs))',
        replace: 'if (found !== undefined)',
      },
    ],
  },
  {
    scenario: 'export: a later version of the suite was there',
    suite: `${EXPORT}/exports`,
    breaks: ['an export of a later version'],
    mutation: 'a later version is not told from another file',
    edits: [
      {
        file: `${CORE}/registry/document.ts`,
        find: 'version > VERSION) return',
        replace: 'version > VERSION + 9) return',
      },
    ],
  },
  {
    scenario: 'export: each operation throttled or failing',
    suite: `${EXPORT}/faults`,
    breaks: ['every operation meets throttle', 'every operation meets 500'],
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
    scenario: 'export: each operation reset or its answer lost',
    suite: `${EXPORT}/faults`,
    breaks: ['every operation meets reset', 'every operation meets lost-response'],
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
    scenario: 'export: the answer to a conditional write is lost',
    suite: `${EXPORT}/faults`,
    breaks: ['every operation meets lost-response'],
    mutation: 'a race lost against oneself counts as lost',
    edits: [
      {
        file: `${AWS}/objects.ts`,
        find: 'unanswered ? await etagHolding(place, body) : undefined',
        replace: 'unanswered ? undefined : undefined',
      },
    ],
  },
  {
    scenario: 'train-and-register',
    suite: 'packages/testing/e2e/train-and-register.e2e.ts',
    breaks: ['one step trains, scores, judges and registers'],
    mutation: 'the report does not reach the registration',
    edits: [
      {
        file: 'actions/train-and-register/action.yml',
        find: '        gate-report: ${{ steps.gate.outputs.report-uri }}\n',
        replace: '',
      },
    ],
  },
]

interface PolicySuite {
  readonly suite: string
  /** By statement: the tests that fail without it. */
  readonly breaks: Readonly<Record<string, readonly string[]>>
}

const COMPLETES = ['a job runs to its end']
const PUBLISHED = 'a data set is published'
const AGAIN = 'is not processed again'
const OVERTAKEN = 'a run that was overtaken'
const CANCELLED = 'a cancelled step'
const ALL_OF_PROCESS = [PUBLISHED, AGAIN, OVERTAKEN, CANCELLED]

const REGISTERED = ['an approved model is in the registry', 'the same run once more']
const [FIRST, CHAMPION, PASSED_OVER, UNAPPROVED, NONE, LOOK_UP, RACE, BACK, NEWER] = [
  'the first export is written',
  'the champion of the environment',
  'what is rejected or was unhealthy',
  'what is not approved is refused',
  'where there is none yet',
  'a dry run finds the champion',
  'of two at once the newer version stays',
  'rollback-to goes back step by step',
  'an export of a later version',
] as const

/** Where each published policy is proven to be no wider than needed. */
const POLICY_SUITES: Readonly<Record<string, PolicySuite>> = {
  'train-job': {
    suite: `${TRAIN}/completes`,
    breaks: {
      RunJobs: COMPLETES,
      TagJobs: COMPLETES,
      PassExecutionRole: COMPLETES,
      ListData: COMPLETES,
      KeepSourceAndRecords: COMPLETES,
      SeeModel: COMPLETES,
      ReadLogs: COMPLETES,
    },
  },
  'process-data': {
    suite: `${PROCESS}/publishes`,
    breaks: {
      RunJobs: ALL_OF_PROCESS,
      TagJobs: ALL_OF_PROCESS,
      PassExecutionRole: ALL_OF_PROCESS,
      ListData: ALL_OF_PROCESS,
      KeepSourceAndManifest: ALL_OF_PROCESS,
      ReadMetadata: [PUBLISHED, AGAIN, OVERTAKEN],
      ReadLogs: [PUBLISHED, OVERTAKEN, CANCELLED],
    },
  },
  'register-model': {
    suite: `${REGISTER}/registers`,
    breaks: {
      FindPackages: REGISTERED,
      KeepGroup: REGISTERED,
      TagGroup: REGISTERED,
      Register: REGISTERED,
      SeePackages: REGISTERED,
      Decide: REGISTERED,
      DrawLineage: REGISTERED,
      FindLineage: REGISTERED.slice(1),
      ListData: REGISTERED,
      SeeModel: REGISTERED,
      ReadFiles: REGISTERED,
      KeepFiles: REGISTERED,
    },
  },
  'export-deployment-config': {
    suite: `${EXPORT}/exports`,
    breaks: {
      FindPackages: [FIRST, CHAMPION, PASSED_OVER, NONE, LOOK_UP, RACE, BACK],
      SeePackages: [FIRST, CHAMPION, PASSED_OVER, UNAPPROVED, LOOK_UP, RACE, BACK],
      ListData: [FIRST, CHAMPION, PASSED_OVER, UNAPPROVED, NONE, RACE, BACK],
      SeeModel: [FIRST, CHAMPION, PASSED_OVER, LOOK_UP, RACE, BACK],
      KeepExports: [FIRST, CHAMPION, PASSED_OVER, UNAPPROVED, NONE, RACE, BACK, NEWER],
    },
  },
}

/** One tooth for each statement of a published policy: without it the suite that uses the action must fail. */
const policyTeeth = (root: string): readonly Tooth[] =>
  Object.entries(POLICY_SUITES).flatMap(([action, { suite, breaks }]) => {
    const file = `docs/iam/${action}.json`
    const text = readFileSync(join(root, file), 'utf8')
    const policy = JSON.parse(text) as { readonly Statement: readonly { readonly Sid: string }[] }
    return policy.Statement.map(({ Sid }) => ({
      scenario: `policy of ${action}: ${Sid}`,
      suite,
      breaks: breaks[Sid] ?? [],
      mutation: 'the statement is missing',
      edits: [
        {
          file,
          find: text,
          replace: JSON.stringify({ ...policy, Statement: policy.Statement.filter((other) => other.Sid !== Sid) }),
        },
      ],
    }))
  })

/** Every mutation that must be noticed: of the product, and of the published policies. */
export const allTeeth = (root: string): readonly Tooth[] => [...TEETH, ...policyTeeth(root)]
