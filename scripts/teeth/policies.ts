import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tooth } from './tooth.ts'

const TRAIN = 'actions/train-job/scenario'
const PROCESS = 'actions/process-data/scenario'
const REGISTER = 'actions/register-model/scenario'
const EXPORT = 'actions/export-deployment-config/scenario'

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

const [FIRST_MODEL, BETTER, WITHIN, WORSE, FEW, FAILED, ITSELF, FAIL_ON, BY_JOB, DRY] = [
  'the first model ever',
  'a better one is approved',
  'within the margin',
  'clearly worse is rejected',
  'too few rows',
  'could not be scored',
  'not compared with itself',
  'fail-on makes',
  'a training job is judged',
  'a dry run',
] as const
const OF_REGISTRY = [BETTER, WITHIN, WORSE, FEW, FAILED, ITSELF, FAIL_ON]

const [BUILD, SAME, ONE_LAYER, TWO_TAGS, SELECTED, GONE, PLACEHOLDER, PLANNED, ENGINE, NOT_AGAIN, SAID] = [
  'the first build',
  'a run with the same ingredients',
  'when only the model changes',
  'two models on one commit',
  'a group and a selector',
  'a model that is gone',
  'a placeholder has no model',
  'a dry run shows the image',
  'an engine builds a Dockerfile',
  'the same ingredients are not built again',
  'what the engine says when it fails',
] as const
const WITH_MODEL = [BUILD, SAME, ONE_LAYER, TWO_TAGS, SELECTED, ENGINE]
const PUSHED = [...WITH_MODEL, PLACEHOLDER, PLANNED, NOT_AGAIN]

const [CHAMPION_MOVES, EACH_POD, NO_GOLDEN, GOLDEN_GONE] = [
  'a healthy release',
  'each new pod is asked',
  'without golden answers nobody',
  'golden answers that are gone',
] as const
const JUDGED = [CHAMPION_MOVES, EACH_POD, NO_GOLDEN, GOLDEN_GONE]
const PROVEN = [CHAMPION_MOVES, EACH_POD]
const [FLAPS, WAS_ON, NEVER_JUDGED, FEW_REQUESTS] = [
  'an alarm that goes off',
  'an alarm that was on',
  'what could never be judged',
  'too few requests',
] as const

/** Where each published policy is proven to be no wider than needed: the suites that name all its statements. */
const POLICY_SUITES: Readonly<Record<string, readonly PolicySuite[]>> = {
  'train-job': [
    {
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
  ],
  'process-data': [
    {
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
  ],
  'evaluate-gate': [
    {
      suite: 'actions/evaluate-gate/scenario/verdicts',
      breaks: {
        ReadEvidence: [FIRST_MODEL, ...OF_REGISTRY, BY_JOB, DRY],
        ListEvidence: [FIRST_MODEL],
        KeepReport: [FIRST_MODEL, ...OF_REGISTRY, BY_JOB],
        ListChampions: [FIRST_MODEL, BETTER, WITHIN, WORSE, FEW, FAIL_ON],
        ReadChampion: OF_REGISTRY,
        ReadJob: [BY_JOB],
      },
    },
  ],
  'register-model': [
    {
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
  ],
  'build-push-image': [
    {
      suite: 'actions/build-push-image/scenario/(builds|engine)',
      breaks: {
        FindPackages: [SELECTED],
        SeePackages: [...WITH_MODEL, GONE],
        ReadModel: [...WITH_MODEL, GONE],
        ListData: [GONE],
        ReadImages: [...PUSHED, SAID],
        Push: PUSHED,
        Scan: PUSHED,
        LogIn: [ENGINE, NOT_AGAIN, SAID],
      },
    },
  ],
  'deploy-eks': [
    {
      suite: 'actions/deploy-eks/scenario/deploys',
      breaks: {
        FindCluster: [
          'the first deploy ever',
          'a new model is deployed over the old one',
          'a dry run shows what differs',
        ],
        ReadImages: ['the first deploy ever'],
      },
    },
  ],
  'health-check-rollback': [
    {
      suite: 'actions/health-check-rollback/scenario/healthy',
      breaks: {
        FindCluster: JUDGED,
        ReadImages: PROVEN,
        TagHealthyImages: PROVEN,
        ReadGoldenAnswers: [CHAMPION_MOVES, EACH_POD, GOLDEN_GONE],
        ListData: [GOLDEN_GONE],
        FindPackages: PROVEN,
        SeePackages: JUDGED,
        TellRegistry: PROVEN,
      },
    },
    {
      suite: 'actions/health-check-rollback/scenario/bake',
      breaks: {
        ReadAlarms: [FLAPS, WAS_ON, NEVER_JUDGED],
        CountRequests: [FEW_REQUESTS],
      },
    },
  ],
  'export-deployment-config': [
    {
      suite: `${EXPORT}/exports`,
      breaks: {
        FindPackages: [FIRST, CHAMPION, PASSED_OVER, NONE, LOOK_UP, RACE, BACK],
        SeePackages: [FIRST, CHAMPION, PASSED_OVER, UNAPPROVED, LOOK_UP, RACE, BACK],
        ListData: [FIRST, CHAMPION, PASSED_OVER, UNAPPROVED, NONE, RACE, BACK],
        SeeModel: [FIRST, CHAMPION, PASSED_OVER, LOOK_UP, RACE, BACK],
        KeepExports: [FIRST, CHAMPION, PASSED_OVER, UNAPPROVED, NONE, RACE, BACK, NEWER],
      },
    },
  ],
}

/** One tooth for each statement of a published policy: without it the suite that uses the action must fail. */
export const policyTeeth = (root: string): readonly Tooth[] =>
  Object.entries(POLICY_SUITES).flatMap(([action, suites]) => {
    const file = `docs/iam/${action}.json`
    const text = readFileSync(join(root, file), 'utf8')
    const policy = JSON.parse(text) as { readonly Statement: readonly { readonly Sid: string }[] }
    return policy.Statement.map(({ Sid }) => {
      const named = suites.find(({ breaks }) => breaks[Sid] !== undefined)
      return {
        scenario: `policy of ${action}: ${Sid}`,
        suite: named?.suite ?? 'none',
        breaks: named?.breaks[Sid] ?? [],
        mutation: 'the statement is missing',
        edits: [
          {
            file,
            find: text,
            replace: JSON.stringify({ ...policy, Statement: policy.Statement.filter((other) => other.Sid !== Sid) }),
          },
        ],
      }
    })
  })
