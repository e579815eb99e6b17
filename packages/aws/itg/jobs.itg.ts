import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll } from '@jest/globals'
import {
  type Arn,
  processingRequest,
  type ProcessingPlan,
  type S3Uri,
  scriptModeParameters,
  seconds,
  type Submission,
  trainingRequest,
  type TrainingPlan,
} from '@mlops/core'
import { type LocalCloud, startLocalCloud } from '@mlops/local-cloud'
import { sleepingClock, stepContext } from '@mlops/testing'
import { jobsContract } from '../../testing/src/contracts/jobs.ts'
import { awsSession, packSource, processingJobs, s3Objects, trainingJobs, uploadSource } from '../src/index.ts'

const REGION = 'us-east-1'
const ADMIN = { accessKeyId: 'AKIALOCALADMIN000000', secretAccessKey: 'local-admin' }
const ALLOW = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' }],
}
const SCRIPT = 'import sys, time\ntime.sleep(float(sys.argv[-1]))\n'
const STARTED_BY = '4711/1'

let cloud: LocalCloud
let archive: S3Uri
const source = mkdtempSync(join(tmpdir(), 'jobs-'))

const context = () => ({
  ...stepContext(),
  clock: { now: sleepingClock().now, sleep: (ms: number) => sleep(ms) },
  environment: {
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_ACCESS_KEY_ID: ADMIN.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
  },
})

const open = () => {
  const around = context()
  return { around, session: awsSession({ context: around }) }
}

beforeAll(async () => {
  cloud = await startLocalCloud({
    account: {
      accountId: '123456789012',
      region: REGION,
      admin: ADMIN,
      oidcProviders: [],
      roles: [{ name: 'job', trust: TRUST, policies: { all: ALLOW }, maxSessionSeconds: 3600 }],
      users: [],
      buckets: ['mlops-dev'],
      objects: [],
      images: [{ match: '*', python: 'python3' }],
      quotas: [],
    },
  })
  writeFileSync(join(source, 'job.py'), SCRIPT)
  const { around, session } = open()
  const packed = await packSource({ folder: source, entryPoint: 'job.py' })
  archive = await uploadSource(s3Objects(session, around), 's3://mlops-dev/source' as S3Uri, packed)
  await s3Objects(session, around).write('s3://mlops-dev/code/job.py' as S3Uri, SCRIPT)
}, 120_000)

afterAll(async () => {
  rmSync(source, { recursive: true, force: true })
  await cloud.stop()
})

const JOB = {
  executionRole: 'arn:aws:iam::123456789012:role/job' as Arn,
  image: 'image:1',
  instanceCount: 1,
  volumeGb: 30,
  maxRuntime: seconds(600),
  environment: {},
  subnets: [],
  securityGroups: [],
  networkIsolation: false,
}
const submission = (name: string): Submission => ({
  name,
  instanceType: 'ml.m5.xlarge',
  tags: { team: 'pricing' },
  startedBy: STARTED_BY,
})

const training = (name: string, lasts: number) => {
  const script = scriptModeParameters({ program: 'job.py', submitDirectory: archive, region: REGION, jobName: name })
  const plan: TrainingPlan = {
    ...JOB,
    channels: [],
    outputPath: 's3://mlops-dev/models' as S3Uri,
    hyperparameters: { lasts: String(lasts), ...script },
    metricDefinitions: {},
    internalRetries: 1,
  }
  return trainingRequest(plan, submission(name))
}

const CODE = '/opt/ml/processing/input/code'
const processing = (name: string, lasts: number) => {
  const plan: ProcessingPlan = {
    ...JOB,
    inputs: [{ name: 'code', uri: 's3://mlops-dev/code/' as S3Uri, path: CODE, distribution: 'FullyReplicated' }],
    outputs: [{ name: 'out', path: '/opt/ml/processing/output/out', uri: `s3://mlops-dev/out/${name}/` as S3Uri }],
    entrypoint: ['python3', `${CODE}/job.py`],
    arguments: [String(lasts)],
  }
  return processingRequest(plan, submission(name))
}

const pause = () => sleep(100)

jobsContract('training jobs of the local cloud', () => {
  const { around, session } = open()
  return Promise.resolve({
    jobs: trainingJobs(session, around),
    endless: (name) => training(name, 300),
    short: (name) => training(name, 0.1),
    pause,
    startedBy: STARTED_BY,
  })
})

jobsContract('processing jobs of the local cloud', () => {
  const { around, session } = open()
  return Promise.resolve({
    jobs: processingJobs(session, around),
    endless: (name) => processing(name, 300),
    short: (name) => processing(name, 0.1),
    pause,
    startedBy: STARTED_BY,
  })
})
