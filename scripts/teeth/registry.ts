import type { Tooth } from './tooth.ts'

const CORE = 'packages/core/src'
const AWS = 'packages/aws/src'
const REGISTER = 'actions/register-model/scenario'
const EXPORT = 'actions/export-deployment-config/scenario'

/** Of the actions on the model registry. */
export const REGISTRY_TEETH: readonly Tooth[] = [
  {
    scenario: 'registered by verdict',
    suite: `${REGISTER}/approval`,
    breaks: ['the verdict approve makes it', 'the verdict reject makes it', 'the verdict inconclusive makes it'],
    mutation: 'the approval is not written to the registry',
    edits: [
      {
        file: 'actions/register-model/src/register.ts',
        find: '    approval: { status: approval.status, description },\n',
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
    edits: [{ file: `${AWS}/to-action-error.ts`, find: "code: 'E-BUCKET'", replace: "code: 'E-REQUEST'" }],
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
        find: 'const settled = await settle(completed, work, plan, ports, context)',
        replace:
          'const settled = existing === undefined ? await settle(completed, work, plan, ports, context) : completed',
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
    breaks: ['a package that does not exist is said', 'what waits for a person is approved'],
    mutation: 'any version is taken (the other test names one too)',
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
