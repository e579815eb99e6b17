import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tooth } from './tooth.ts'

interface RoleSuite {
  readonly suite: string
  /** By rule: the tests that fail without it. */
  readonly breaks: Readonly<Record<string, readonly string[]>>
}

const [DEPLOYED, UNDONE] = [
  'a release of every kind is deployed',
  'a release of every kind that fails is undone',
] as const
const BOTH = [DEPLOYED, UNDONE]
const [ROLLED_BACK, ON_DEMAND, CRASHES] = [
  'an unhealthy release of every kind is rolled back',
  'a release that was left as it failed is rolled back',
  'what is put back may crash now',
] as const
const ALL = [ROLLED_BACK, ON_DEMAND, CRASHES]

/** Where each published Role is proven to be no wider than needed. */
const ROLE_SUITES: Readonly<Record<string, RoleSuite>> = {
  'deploy-eks': {
    suite: 'actions/deploy-eks/scenario/kinds',
    breaks: {
      ApplyWorkloads: BOTH,
      ApplyJobs: BOTH,
      ApplyConfiguration: BOTH,
      ApplyPolicies: BOTH,
      KeepRecords: BOTH,
      Lock: BOTH,
      FollowPods: BOTH,
      FollowOwners: BOTH,
      ReadLogs: [UNDONE],
      ReplaceStuckPods: [UNDONE],
      SeeNamespace: [DEPLOYED],
      SeeNodes: [DEPLOYED],
      FindNamespace: BOTH,
    },
  },
  'health-check-rollback': {
    suite: 'actions/health-check-rollback/scenario/kinds',
    breaks: {
      ApplyWorkloads: ALL,
      ApplyJobs: [ROLLED_BACK],
      ApplyConfiguration: ALL,
      ApplyPolicies: ALL,
      KeepRecords: ALL,
      Lock: ALL,
      AskServices: ALL,
      FollowPods: ALL,
      FollowOwners: ALL,
      ReadLogs: [CRASHES],
      ReplaceStuckPods: [ON_DEMAND],
      SeeNamespace: [ROLLED_BACK],
      SeeNodes: [ROLLED_BACK],
    },
  },
}

// As `rolesYaml` writes a rule: its name and reason, and then its fields.
const RULE = /^ {2}# (\w+): .*\n(?: {2}(?:- | {2}).*\n)+/gm

/** Each rule of the published Roles is left out once. */
export const roleTeeth = (root: string): readonly Tooth[] =>
  Object.entries(ROLE_SUITES).flatMap(([action, { suite, breaks }]) => {
    const file = `docs/iam/${action}.role.yaml`
    return [...readFileSync(join(root, file), 'utf8').matchAll(RULE)].map(([find, name = '']) => ({
      scenario: `role of ${action}: ${name}`,
      suite,
      breaks: breaks[name] ?? [],
      mutation: 'the rule is missing',
      edits: [{ file, find, replace: '' }],
    }))
  })
