import type { Context, Outcome } from '@mlops/action-kit'
import { awaitCompleted, digestOf, findPackage, findRegistered, newestVersions, sha256 } from '@mlops/aws'
import {
  ActionError,
  type Approval,
  approvalDescription,
  approvalOf,
  assertJudged,
  type GroupReference,
  imageOf,
  maySettle,
  type ModelPackage,
  type PackagePlan,
  packageRequest,
  type PackageVersion,
  parseGroup,
  registrationKey,
  rejudged,
  runToken,
  type S3Uri,
  tagValue,
} from '@mlops/core'
import { type JudgedReport, keep, type PackageFiles, placeOf, prefixOf, readFiles, readReport } from './files.ts'
import type { Ports } from './ports.ts'
import { plannedReport, registeredReport, skippedReport } from './report.ts'
import type { Inputs, Spec } from './spec.ts'

/** How many versions are looked through for one that is registered already, and how many of them are shown. */
const RECENT = 100
const SHOWN = 10

type Artifact = PackagePlan['artifact']

/** Everything that is known before anything is written. */
interface Work {
  readonly group: string
  readonly artifact: Artifact
  readonly judged: JudgedReport | undefined
  readonly files: PackageFiles
  readonly approval: Approval
}

/** Reads artifact, report and files. Throws E-DIGEST when the artifact is not the one that was judged. */
const workOf = async (inputs: Inputs, ports: Ports, { log }: Context): Promise<Work> => {
  // The spec's rules have refused a registration without group or artifact.
  const { modelPackageGroup: group = '', modelArtifactUri: uri = '' as S3Uri, gateReport } = inputs
  const judged = gateReport === undefined ? undefined : await readReport(gateReport, ports)
  const artifact = { uri, ...(await digestOf(ports.places, uri, 'the model artifact')) }
  if (judged !== undefined) assertJudged(judged.report, artifact)
  const approval = approvalOf(inputs.approval, judged?.report, artifact.digest)
  return { group, artifact, judged, files: await readFiles(inputs, judged?.report, ports, log), approval }
}

const planOf = (work: Work, inputs: Inputs, { region }: Ports): PackagePlan => {
  const { group, artifact, judged, files } = work
  const prefix = prefixOf(inputs)
  const trainingJob = inputs.trainingJobName ?? judged?.report.trainingJob
  return {
    group,
    artifact,
    image: imageOf(inputs, region),
    ...(files.statistics === undefined ? {} : { statistics: placeOf(prefix, files.statistics, 'statistics.json') }),
    ...(files.features === undefined ? {} : { features: placeOf(prefix, files.features, 'features.json') }),
    ...(files.golden === undefined ? {} : { golden: files.golden }),
    ...(judged === undefined ? {} : { gateReport: placeOf(prefix, judged, 'gate-report.json'), report: judged.report }),
    ...(trainingJob === undefined ? {} : { trainingJob }),
    contentTypes: inputs.contentTypes,
    responseTypes: inputs.responseTypes,
    realtimeInstanceTypes: inputs.realtimeInstanceTypes,
    transformInstanceTypes: inputs.transformInstanceTypes,
    metadata: inputs.metadata ?? {},
  }
}

/** A group of another account is that account's to make. */
const mayCreate = async ({ arn }: GroupReference, { region, accountId }: Ports) =>
  arn === undefined || (arn.region === region && arn.account === (await accountId()))

const ensureGroup = async (group: string, { tags = {} }: Inputs, ports: Ports, { identity, log }: Context) => {
  const reference = parseGroup(group)
  if (reference === undefined || !(await mayCreate(reference, ports)) || (await ports.registry.hasGroup(group))) return
  const all = { ...tags, 'mlops:repository': tagValue(identity.repository) }
  const made = await ports.registry.createGroup({
    ModelPackageGroupName: reference.name,
    ModelPackageGroupDescription: `Models of ${identity.repository}`,
    Tags: Object.entries(all).map(([Key, Value]) => ({ Key, Value })),
  })
  if (made === 'created') log.info(`${reference.name}: the group was missing and is created`)
}

const keepFiles = async ({ judged, files }: Work, plan: PackagePlan, ports: Ports) => {
  const pairs = [
    [judged, plan.gateReport],
    [files.statistics, plan.statistics],
    [files.features, plan.features],
  ] as const
  for (const [file, place] of pairs) if (file !== undefined && place !== undefined) await keep(file, place, ports)
}

const replaced = ({ uri, etag }: Artifact, now: string | undefined, outputs: Readonly<Record<string, string>>) =>
  new ActionError({
    code: 'E-DIGEST',
    kind: 'rejected',
    what: `${uri} was replaced while it was being registered`,
    why: `its ETag was ${etag} and is now ${now ?? 'gone'}; the package is rejected`,
    hint: 'find out who writes there, and judge the model that is there now',
    outputs,
  })

/** The registry holds a place and no bytes: what lies there must still be what was read. */
const assertUnreplaced = async (found: ModelPackage, { artifact }: Work, ports: Ports, { identity }: Context) => {
  const now = await ports.objects.head(artifact.uri)
  if (now?.etag === artifact.etag) return
  const error = replaced(artifact, now?.etag, { ...packageOutputs(found), 'artifact-digest': artifact.digest })
  if (maySettle(found.approvalStatus)) {
    const description = approvalDescription('The artifact was replaced while it was being registered.', identity)
    await ports.registry.update({ arn: found.arn, approval: { status: 'Rejected', description } })
  }
  throw error
}

/** Gives the package the approval that it has earned, unless somebody has decided over it already. */
const settle = async (
  found: ModelPackage,
  { approval }: Work,
  plan: PackagePlan,
  { registry }: Ports,
  { identity, log }: Context,
): Promise<ModelPackage> => {
  if (!maySettle(found.approvalStatus)) {
    if (found.approvalStatus !== approval.status)
      log.warning(
        `${found.arn} is ${found.approvalStatus} and stays so, though this time the gate says: ${approval.because}`,
      )
    return found
  }
  const description = approvalDescription(approval.because, identity)
  const metadata = rejudged(found, plan, sha256)
  await registry.update({
    arn: found.arn,
    approval: { status: approval.status, description },
    ...(metadata === undefined ? {} : { metadata }),
  })
  return { ...found, approvalStatus: approval.status, approvalDescription: description }
}

const drawLineage = async (found: ModelPackage, { lineage }: Inputs, { registry }: Ports, { log }: Context) => {
  if (lineage === 'off') return
  const { arn: packageArn, modelDataUrl: artifact, trainingJob } = found
  try {
    await registry.link({ packageArn, artifact, ...(trainingJob === undefined ? {} : { trainingJob }) })
  } catch (error) {
    if (lineage === 'required') throw error
    log.warning(`the package is not drawn into the lineage graph: ${String(error)}`)
  }
}

const packageOutputs = ({ arn, version, approvalStatus }: ModelPackage) => ({
  'package-arn': arn,
  'package-version': String(version),
  'approval-status': approvalStatus,
})

const listed = (recent: readonly PackageVersion[], mine: ModelPackage | undefined): readonly PackageVersion[] =>
  recent.filter(({ version }) => mine === undefined || version < mine.version).slice(0, SHOWN)

const versionsJson = (versions: readonly PackageVersion[]) =>
  JSON.stringify(
    versions.map(({ version, arn, approvalStatus, createdAt }) => ({
      version,
      arn,
      approvalStatus,
      // oxlint-disable-next-line no-restricted-globals -- formats a given time, asks for none
      createdAt: new Date(createdAt).toISOString(),
    })),
  )

/** What the group holds already, when there is one. */
interface Before {
  readonly recent: readonly PackageVersion[]
  readonly champion: string
  readonly existing: ModelPackage | undefined
}

const lookBack = async (
  { group, artifact }: Work,
  plan: PackagePlan,
  key: string,
  { environment }: Inputs,
  { registry }: Ports,
): Promise<Before> => {
  const recent = await newestVersions(registry, group, RECENT)
  const existing = await findRegistered(registry, recent, {
    artifact: artifact.uri,
    key,
    artifactDigest: artifact.digest,
    ...(plan.gateReport === undefined ? {} : { gateDigest: plan.gateReport.digest }),
  })
  const champion = await findPackage(registry, group, [{ kind: 'champion' }], environment)
  return { recent, existing, champion: champion?.package.arn ?? '' }
}

const create = (plan: PackagePlan, key: string, { recent }: Before, { registry }: Ports, { identity }: Context) => {
  const failed = recent.find(({ status }) => status === 'Failed')?.version ?? 0
  return registry.create(packageRequest(plan, key, failed, identity, sha256))
}

const VERDICTS = { Approved: 'ok', Rejected: 'rejected', PendingManualApproval: 'inconclusive' } as const

const skipped = ({ approval, artifact }: Work): Outcome<Spec> => ({
  status: 'skipped',
  verdict: 'rejected',
  outputs: { 'approval-status': 'Rejected', 'artifact-digest': artifact.digest },
  report: skippedReport(approval),
})

/** Registers a model, or finds it registered, and gives it the approval that it has earned. */
export const register = async (inputs: Inputs, ports: Ports, context: Context): Promise<Outcome<Spec>> => {
  const { identity, environment, log } = context
  const work = await workOf(inputs, ports, context)
  if (work.approval.status === 'Rejected' && inputs.onReject === 'skip') return skipped(work)
  const plan = planOf(work, inputs, ports)
  const key = registrationKey(plan, runToken(identity, environment, sha256), sha256)
  const before = await lookBack(work, plan, key, inputs, ports)
  const { existing } = before
  const common = {
    'artifact-digest': work.artifact.digest,
    'run-key': key,
    'previous-champion-arn': before.champion,
    'previous-versions': versionsJson(listed(before.recent, existing)),
    created: existing === undefined ? 'created' : 'existing',
  } as const
  if (inputs.dryRun)
    return {
      status: 'planned',
      verdict: 'ok',
      outputs: { ...common, 'approval-status': work.approval.status },
      report: plannedReport(work.group, work.approval, existing),
    }
  await ensureGroup(work.group, inputs, ports, context)
  await keepFiles(work, plan, ports)
  const arn = existing?.arn ?? (await create(plan, key, before, ports, context))
  log.info(`${arn}: ${existing === undefined ? 'registered' : 'was registered before'}`)
  const completed = await awaitCompleted(ports.registry, arn, context)
  await assertUnreplaced(completed, work, ports, context)
  const settled = await settle(completed, work, plan, ports, context)
  await drawLineage(settled, inputs, ports, context)
  return {
    status: existing === undefined ? 'registered' : 'existing',
    verdict: VERDICTS[settled.approvalStatus],
    outputs: { ...common, ...packageOutputs(settled) },
    report: registeredReport(settled, existing === undefined, listed(before.recent, settled), before.champion),
  }
}
