import type { Tooth } from './tooth.ts'

const CORE = 'packages/core/src/gate'
const ACTION = 'actions/evaluate-gate/src'
const GATE = 'actions/evaluate-gate/scenario'
const STORY = 'packages/testing/e2e/judge.e2e.ts'
const WORKFLOW = '.github/workflows/model-pipeline.yml'

/** Of the judge: its action, and the pipeline that acts on its verdict. */
export const GATE_TEETH: readonly Tooth[] = [
  {
    scenario: 'the verdict is bound to the model',
    suite: `${GATE}/verdicts`,
    breaks: ['the first model ever', 'not compared with itself'],
    mutation: 'the digest of the artifact is not taken',
    edits: [
      {
        file: `${ACTION}/gather.ts`,
        find: 'digestedModel(inputs.modelArtifactUri ?? candidate.artifact, ports)',
        replace: 'digestedModel(candidate.artifact, ports)',
      },
    ],
  },
  {
    scenario: 'slightly worse within margin',
    suite: `${GATE}/verdicts`,
    breaks: ['a little worse, within the margin'],
    mutation: 'the margin is ignored',
    edits: [
      {
        file: `${CORE}/compare.ts`,
        find: "return margin.kind === 'abs' ? margin.value :",
        replace: "return margin.kind === 'abs' ? 0 :",
      },
    ],
  },
  {
    scenario: 'clearly worse',
    suite: `${GATE}/verdicts`,
    breaks: ['clearly worse is rejected', 'fail-on makes a verdict an error'],
    mutation: 'no comparison rejects',
    edits: [
      {
        file: `${CORE}/compare.ts`,
        find: "return upper < -tolerance ? 'reject' : 'inconclusive'",
        replace: "return upper < -tolerance ? 'inconclusive' : 'inconclusive'",
      },
    ],
  },
  {
    scenario: 'too few rows to tell',
    suite: `${GATE}/verdicts`,
    breaks: ['too few rows are no verdict', 'fail-on makes a verdict an error'],
    mutation: 'the number of rows does not matter',
    edits: [
      { file: `${CORE}/judge-rule.ts`, find: 'if (wholeRows < minRows) return', replace: 'if (wholeRows < 0) return' },
    ],
  },
  {
    scenario: 'the champion does not load',
    suite: `${GATE}/verdicts`,
    breaks: ['could not be scored leaves the comparison open'],
    mutation: 'what the scoring job said is not heard',
    edits: [
      {
        file: `${ACTION}/gather.ts`,
        find: "if (said?.status === 'failed') return",
        replace: "if (said?.status === 'none') return",
      },
    ],
  },
  {
    scenario: 'the same artifact on both sides',
    suite: `${GATE}/verdicts`,
    breaks: ['not compared with itself'],
    mutation: 'digests are not compared',
    edits: [
      {
        file: `${CORE}/judge.ts`,
        find: "if (decision.sameModel === 'allow' ||",
        replace: "if (decision.sameModel !== 'allow' ||",
      },
    ],
  },
  {
    scenario: 'fail-on',
    suite: `${GATE}/verdicts`,
    breaks: ['fail-on makes a verdict an error'],
    mutation: 'a verdict is never an error',
    edits: [{ file: `${ACTION}/run.ts`, find: '  assertGreen(report, inputs, outcome)\n', replace: '' }],
  },
  {
    scenario: 'a dry run of the gate',
    suite: `${GATE}/verdicts`,
    breaks: ['a dry run judges and keeps nothing'],
    mutation: 'a dry run keeps its report',
    edits: [
      {
        file: `${ACTION}/publish.ts`,
        find: 'if (reportPrefix === undefined || dryRun) return local',
        replace: 'if (reportPrefix === undefined) return local',
      },
    ],
  },
  {
    scenario: 'regression: tolerance of 10 %',
    suite: `${GATE}/regression`,
    breaks: ['within the tolerance of ten percent'],
    mutation: 'a share is taken for a difference',
    edits: [{ file: `${CORE}/compare.ts`, find: 'margin.value * Math.abs(opponent)', replace: 'margin.value' }],
  },
  {
    scenario: 'regression: beyond the tolerance',
    suite: `${GATE}/regression`,
    breaks: ['beyond it is rejected, and the baseline stays'],
    mutation: 'the baseline is written whatever the verdict is',
    edits: [
      {
        file: `${ACTION}/publish.ts`,
        find: "if (!wanted || dryRun || report.approvalStatus !== 'Approved') return false",
        replace: 'if (!wanted || dryRun) return false',
      },
    ],
  },
  {
    scenario: 'regression: the baseline of another run',
    suite: `${GATE}/regression`,
    breaks: ['without a baseline the other rules decide'],
    mutation: 'a baseline is only ever replaced',
    edits: [{ file: `${ACTION}/publish.ts`, find: '{ ifAbsent: true as const }', replace: "{ ifMatch: 'none' }" }],
  },
  {
    scenario: 'update-baseline: false',
    suite: `${GATE}/regression`,
    breaks: ['update-baseline: false leaves it alone'],
    mutation: 'update-baseline is ignored',
    edits: [{ file: `${ACTION}/publish.ts`, find: 'if (!wanted || dryRun ||', replace: 'if (dryRun ||' }],
  },
  {
    scenario: 'every fault of the gate file',
    suite: `${GATE}/bad-gate`,
    breaks: ['every fault is annotated on its line at once', 'an unknown key'],
    mutation: 'only the first fault is annotated',
    edits: [
      { file: `${ACTION}/run.ts`, find: 'locations: faults.map(', replace: 'locations: faults.slice(0, 1).map(' },
    ],
  },
  {
    scenario: 'a metric that is no number',
    suite: `${GATE}/bad-gate`,
    breaks: ['no number is no error but a rejection'],
    mutation: 'a figure that is none rejects nothing',
    edits: [
      {
        file: `${CORE}/judge-rule.ts`,
        find: "result: 'reject',\n      code: 'E-NAN',",
        replace: "result: 'inconclusive',\n      code: 'E-NAN',",
      },
    ],
  },
  {
    scenario: 'clearly worse, in the pipeline',
    suite: STORY,
    breaks: [
      'clearly worse is rejected with the reason',
      'too few rows to tell wait for a person',
      'with one more week of data',
    ],
    mutation:
      'the pipeline exports what was not approved (the person is never asked, and the next run misses the champion)',
    edits: [
      { file: WORKFLOW, find: "        if: steps.register.outputs.approval-status == 'Approved'\n", replace: '' },
    ],
  },
  {
    scenario: 'PendingManualApproval → approve.yml → Approved',
    suite: STORY,
    breaks: ['too few rows to tell wait for a person', 'with one more week of data'],
    mutation: 'who approves by hand changes nothing (the next run finds no such champion)',
    edits: [
      {
        file: 'packages/core/src/registry/approval.ts',
        find: "case 'PendingManualApproval':\n      return { kind: 'approve', remove }",
        replace: "case 'PendingManualApproval':\n      return { kind: 'unchanged' }",
      },
    ],
  },
  {
    scenario: 'retrain with one more week of data',
    suite: STORY,
    breaks: ['with one more week of data'],
    mutation: 'the oldest approved package is taken for the champion',
    edits: [
      {
        file: 'packages/aws/src/registry/model-registry.ts',
        find: "SortOrder: 'Descending'",
        replace: "SortOrder: 'Ascending'",
      },
    ],
  },
]
