import {
  ActionError,
  type Arn,
  type Clock,
  epochMs,
  type GroupRequest,
  metadataFacts,
  type ModelPackage,
  type ModelRegistry,
  type PackageChange,
  type PackageOrigin,
  type PackageRequest,
  type PackageVersion,
  parseGroup,
  parsePackageArn,
} from '@mlops/core'

const ACCOUNT = 'arn:aws:sagemaker:us-east-1:123456789012'
const METADATA_LIMIT = 50

interface Group {
  readonly request: GroupRequest
  /** Oldest first. */
  readonly packages: ModelPackage[]
}

export interface FakeRegistryOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Milliseconds until a new package is completed, and until Describe knows it at all. */
  readonly completesAfterMs?: number
  readonly visibleAfterMs?: number
}

export interface FakeRegistry {
  readonly registry: ModelRegistry
  /** Registers a package as another process would; its group is made when there is none. */
  readonly put: (group: string, more?: Partial<ModelPackage>) => ModelPackage
  /** The next calls of that name throw these, one each: `before` nothing was done, `after` the answer is lost. */
  readonly fail: (call: keyof ModelRegistry, when: 'before' | 'after', error: Error) => void
  /** Packages that are created from now on fail for that reason. */
  readonly failPackages: (reason: string) => void
  readonly groups: () => readonly GroupRequest[]
  /** Of a group, oldest first. */
  readonly packages: (group: string) => readonly ModelPackage[]
  readonly created: readonly PackageRequest[]
  readonly changes: readonly PackageChange[]
  readonly links: readonly PackageOrigin[]
}

const refused = (why: string) =>
  new ActionError({ code: 'E-REGISTRY', kind: 'user', what: 'the registry refused', why, hint: 'correct it' })

const nameOf = (group: string) => parseGroup(group)?.name ?? group

const withMetadata = (found: ModelPackage, metadata: Readonly<Record<string, string>>): ModelPackage => {
  const { artifactDigest: _, goldenUri: __, trainingJob: ___, ...rest } = found
  return { ...rest, ...metadataFacts(metadata), metadata }
}

const packageOf = (request: PackageRequest, version: number, at: number): ModelPackage => {
  const { InferenceSpecification: specification, CustomerMetadataProperties: metadata } = request
  const [container] = specification.Containers
  const statistics = request.ModelMetrics?.ModelQuality.Statistics
  const group = nameOf(request.ModelPackageGroupName)
  return {
    arn: `${ACCOUNT}:model-package/${group}/${version}` as Arn,
    group,
    version,
    status: 'Completed',
    failureReason: '',
    approvalStatus: request.ModelApprovalStatus,
    approvalDescription: '',
    createdAt: epochMs(at),
    modelDataUrl: container.ModelDataUrl,
    image: container.Image,
    ...(statistics === undefined
      ? {}
      : { evaluationUri: statistics.S3Uri, evaluationDigest: statistics.ContentDigest }),
    contentTypes: specification.SupportedContentTypes,
    responseTypes: specification.SupportedResponseMIMETypes,
    realtimeInstanceTypes: specification.SupportedRealtimeInferenceInstanceTypes,
    transformInstanceTypes: specification.SupportedTransformInstanceTypes ?? [],
    commit: request.MetadataProperties.CommitId,
    repository: request.MetadataProperties.Repository,
    generatedBy: request.MetadataProperties.GeneratedBy,
    metadata,
    ...metadataFacts(metadata),
  }
}

const PLAIN: PackageRequest = {
  ModelPackageGroupName: '',
  InferenceSpecification: {
    Containers: [{ Image: 'image:1', ModelDataUrl: 's3://models/model.tar.gz' as ModelPackage['modelDataUrl'] }],
    SupportedContentTypes: ['application/json'],
    SupportedResponseMIMETypes: ['application/json'],
    SupportedRealtimeInferenceInstanceTypes: ['ml.m5.large'],
  },
  MetadataProperties: { CommitId: '', Repository: '', GeneratedBy: '' },
  CustomerMetadataProperties: {},
  ModelApprovalStatus: 'PendingManualApproval',
  ClientToken: '',
}

/** SageMaker's model registry in memory, in the time of the given clock. */
export const fakeRegistry = (options: FakeRegistryOptions): FakeRegistry => {
  const { clock, completesAfterMs = 0, visibleAfterMs = 0 } = options
  const groups = new Map<string, Group>()
  const tokens = new Map<string, Arn>()
  const faults: { readonly call: string; readonly when: 'before' | 'after'; readonly error: Error }[] = []
  const created: PackageRequest[] = []
  const changes: PackageChange[] = []
  const links: PackageOrigin[] = []
  let failure = ''

  const now = (found: ModelPackage): ModelPackage => {
    if (found.status !== 'Completed') return found
    return clock.now() < found.createdAt + completesAfterMs ? { ...found, status: 'InProgress' } : found
  }
  const groupOf = (group: string) => {
    const found = groups.get(nameOf(group))
    if (found === undefined) throw refused(`ModelPackageGroup ${group} does not exist.`)
    return found
  }
  const replace = (arn: Arn, change: (found: ModelPackage) => ModelPackage) => {
    const { packages } = groupOf(parsePackageArn(arn)?.group ?? '')
    const at = packages.findIndex((one) => one.arn === arn)
    const found = packages[at]
    if (found === undefined) throw refused(`ModelPackage ${arn} does not exist.`)
    packages[at] = change(found)
  }
  const find = (arn: Arn) => {
    const found = groups.get(parsePackageArn(arn)?.group ?? '')?.packages.find((one) => one.arn === arn)
    return found === undefined ? undefined : now(found)
  }
  const faulty = async <T>(call: keyof ModelRegistry, work: () => T): Promise<T> => {
    const at = faults.findIndex((fault) => fault.call === call)
    const [fault] = at < 0 ? [] : faults.splice(at, 1)
    if (fault?.when === 'before') throw fault.error
    const answer = work()
    if (fault !== undefined) throw fault.error
    return answer
  }
  const add = (request: PackageRequest, more: Partial<ModelPackage>) => {
    const { packages } = groupOf(request.ModelPackageGroupName)
    const made = { ...packageOf(request, (packages.at(-1)?.version ?? 0) + 1, clock.now()), ...more }
    packages.push(made)
    return made
  }
  const put: FakeRegistry['put'] = (group, more = {}) => {
    if (!groups.has(group))
      groups.set(group, {
        request: { ModelPackageGroupName: group, ModelPackageGroupDescription: '', Tags: [] },
        packages: [],
      })
    const made = add({ ...PLAIN, ModelPackageGroupName: group, CustomerMetadataProperties: more.metadata ?? {} }, more)
    return made
  }

  async function* versions(group: string): AsyncGenerator<PackageVersion> {
    const found = await faulty('versions', () => [...(groups.get(nameOf(group))?.packages ?? [])])
    yield* found.toReversed().map(now)
  }

  const registry: ModelRegistry = {
    hasGroup: (group) => faulty('hasGroup', () => groups.has(nameOf(group))),
    createGroup: (request) =>
      faulty('createGroup', () => {
        if (groups.has(request.ModelPackageGroupName)) return 'exists'
        groups.set(request.ModelPackageGroupName, { request, packages: [] })
        return 'created'
      }),
    versions,
    describe: (arn) =>
      faulty('describe', () => {
        const found = find(arn)
        return found === undefined || clock.now() < found.createdAt + visibleAfterMs ? undefined : found
      }),
    withArtifact: (arns, artifact) =>
      faulty('withArtifact', () => arns.filter((arn) => find(arn)?.modelDataUrl === artifact)),
    create: (request) =>
      faulty('create', () => {
        const known = tokens.get(request.ClientToken)
        if (known !== undefined) return known
        const made = add(request, failure === '' ? {} : { status: 'Failed', failureReason: failure })
        tokens.set(request.ClientToken, made.arn)
        created.push(request)
        return made.arn
      }),
    update: (change) =>
      faulty('update', () => {
        const { arn, approval, metadata = {}, remove = [] } = change
        replace(arn, (found) => {
          const kept = Object.entries(found.metadata).filter(([key]) => !remove.includes(key))
          const entries = { ...Object.fromEntries(kept), ...metadata }
          if (Object.keys(entries).length > METADATA_LIMIT) throw refused('too many metadata entries')
          const next = withMetadata(found, entries)
          return approval === undefined
            ? next
            : { ...next, approvalStatus: approval.status, approvalDescription: approval.description }
        })
        changes.push(change)
      }),
    link: (origin) =>
      faulty('link', () => {
        if (!links.some(({ packageArn }) => packageArn === origin.packageArn)) links.push(origin)
      }),
  }

  return {
    registry,
    put,
    fail: (call, when, error) => void faults.push({ call, when, error }),
    failPackages: (reason) => {
      failure = reason
    },
    groups: () => [...groups.values()].map(({ request }) => request),
    packages: (group) => (groups.get(group)?.packages ?? []).map(now),
    created,
    changes,
    links,
  }
}
