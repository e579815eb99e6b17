import type { Arn, EpochMs, S3Uri } from '../../src/brand.ts'
import type { RunIdentity } from '../../src/ports.ts'
import { metadataFacts, type ModelPackage } from '../../src/registry/package.ts'

/** A package as the registry gives it; a test changes what it is about. */
export const packageOf = (version: number, more: Partial<ModelPackage> = {}): ModelPackage => {
  const metadata = more.metadata ?? {}
  return {
    arn: `arn:aws:sagemaker:us-east-1:123456789012:model-package/basket/${version}` as Arn,
    group: 'basket',
    version,
    status: 'Completed',
    failureReason: '',
    approvalStatus: 'Approved',
    approvalDescription: '',
    createdAt: (1_800_000_000_000 + version) as EpochMs,
    modelDataUrl: `s3://models/${version}/model.tar.gz` as S3Uri,
    image: 'image:1',
    contentTypes: ['text/csv'],
    responseTypes: ['application/json'],
    realtimeInstanceTypes: ['ml.m5.large'],
    transformInstanceTypes: [],
    commit: 'abcdef0',
    repository: 'https://github.com/acme/retail',
    generatedBy: 'https://github.com/acme/retail/actions/runs/4711',
    metadata,
    ...metadataFacts(metadata),
    ...more,
  }
}

/** A run that registers. */
export const identity: RunIdentity = {
  runId: '4711',
  runNumber: '17',
  runAttempt: 1,
  repository: 'acme/retail',
  sha: 'abcdef0',
  ref: 'refs/heads/main',
  actor: 'ada',
  eventName: 'push',
  workflow: 'pipeline',
  job: 'train',
  serverUrl: 'https://github.com',
  apiUrl: 'https://api.github.com',
}
