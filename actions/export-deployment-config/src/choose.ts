import { findPackage, newestVersions } from '@mlops/aws'
import {
  ActionError,
  earlierPackages,
  type HistoryEntry,
  isSelectable,
  type ModelPackage,
  type PackageVersion,
  parseGroup,
  parsePackageArn,
  parseSelectors,
  type Selector,
  selectorName,
  unhealthyIn,
} from '@mlops/core'
import type { Ports } from './ports.ts'
import type { Inputs } from './spec.ts'

export interface Choice {
  readonly package: ModelPackage
  readonly because: string
  readonly kind: HistoryEntry['kind']
}

const RECENT = 100

const counted = (versions: readonly PackageVersion[]) => {
  if (versions.length === 0) return 'the group holds no package'
  const states = ['Approved', 'PendingManualApproval', 'Rejected'] as const
  const counts = states.map((state) => [
    versions.filter(({ approvalStatus }) => approvalStatus === state).length,
    state,
  ])
  return `of its newest ${versions.length} packages ${counts.map(([count, state]) => `${count} are ${state}`).join(', ')}`
}

/** Says what there is in the place of what was looked for. */
const noModel = async (
  group: string,
  selectors: readonly Selector[],
  { environment }: Inputs,
  { registry }: Ports,
): Promise<ActionError> => {
  const recent = await newestVersions(registry, group, RECENT)
  const named = recent.filter((one) => selectors.some((by) => by.kind === 'version' && by.version === one.version))
  const states = named.map(
    ({ version, approvalStatus, status }) => `version ${version} is ${status}, ${approvalStatus}`,
  )
  return new ActionError({
    code: 'E-NO-MODEL',
    kind: 'user',
    what: `${selectors.map(selectorName).join(', ')} fits no package of ${group} for ${environment}`,
    why: [counted(recent), ...states].join('; '),
    hint: 'approve a package, name another selector, or give if-missing: skip where there may be none yet',
  })
}

const nothingBefore = (group: string, entries: readonly HistoryEntry[]) =>
  new ActionError({
    code: 'E-NO-MODEL',
    kind: 'user',
    what: `there is no earlier export of ${group} to go back to`,
    why: `none of the packages of ${entries.length} earlier exports is still approved and healthy`,
    hint: 'name a version of an approved package in rollback-to',
  })

const bySelector = async (selectors: readonly Selector[], group: string, inputs: Inputs, ports: Ports) => {
  const found = await findPackage(ports.registry, group, selectors, inputs.environment)
  if (found !== undefined) return found
  if (inputs.ifMissing === 'skip') return undefined
  throw await noModel(group, selectors, inputs, ports)
}

const isGood = (found: ModelPackage, { environment }: Inputs) =>
  isSelectable(found) && found.approvalStatus === 'Approved' && !unhealthyIn(found).includes(environment)

/** The nearest earlier export whose package is still good. */
const byHistory = async (
  group: string,
  entries: readonly HistoryEntry[],
  inputs: Inputs,
  { registry }: Ports,
): Promise<Choice> => {
  const name = parseGroup(group)?.name
  for (const { arn } of earlierPackages(entries).filter((one) => parsePackageArn(one.arn)?.group === name)) {
    const found = await registry.describe(arn)
    if (found !== undefined && isGood(found, inputs))
      return { package: found, because: 'rollback-to previous', kind: 'rollback' }
  }
  throw nothingBefore(group, entries)
}

const byArn = async (
  arn: ModelPackage['arn'],
  { ifMissing }: Inputs,
  { registry }: Ports,
): Promise<Choice | undefined> => {
  const found = await registry.describe(arn)
  if (found !== undefined) return { package: found, because: 'package-arn', kind: 'export' }
  if (ifMissing === 'skip') return undefined
  throw new ActionError({
    code: 'E-NO-MODEL',
    kind: 'user',
    what: `there is no package ${arn}`,
    why: 'the registry does not know it in this region and account',
    hint: 'check group, version and region',
  })
}

/**
 * The package that is meant; undefined when there is none and that may be so. Throws E-NO-MODEL.
 *
 * @param entries the history, for who wants to go back
 */
export const choose = async (
  inputs: Inputs,
  entries: readonly HistoryEntry[],
  ports: Ports,
): Promise<Choice | undefined> => {
  const { packageArn, modelPackageGroup: group = '', rollbackTo } = inputs
  if (packageArn !== undefined) return byArn(packageArn, inputs, ports)
  if (rollbackTo === 'previous') return byHistory(group, entries, inputs, ports)
  // The spec's rules have refused selectors that can't be read.
  const selectors = parseSelectors(rollbackTo ?? inputs.selector) ?? []
  const found = await bySelector(selectors, group, inputs, ports)
  if (found === undefined) return undefined
  const because = selectorName(found.selector)
  return rollbackTo === undefined
    ? { package: found.package, because, kind: 'export' }
    : { package: found.package, because: `rollback-to ${because}`, kind: 'rollback' }
}
