import type { CreateProcessingJobCommandInput, CreateTrainingJobCommandInput } from '@aws-sdk/client-sagemaker'
import type { Clock, Jobs, JobState, ProcessingRequest, Random, TrainingRequest } from '@mlops/core'
import { classify } from '../classify.ts'
import { withRetries } from '../retries.ts'
import type { AwsSession } from '../session.ts'
import { toActionError } from '../to-action-error.ts'
import { processingState, trainingState } from './job-state.ts'

interface CallContext {
  readonly clock: Clock
  readonly random: Random
}

interface Calls<Request> {
  readonly describe: (name: string, signal?: AbortSignal) => Promise<JobState>
  readonly create: (request: Request, signal?: AbortSignal) => Promise<unknown>
  readonly stop: (name: string, signal: AbortSignal) => Promise<unknown>
}

type Facade = typeof import('./sagemaker.ts')
type Client = InstanceType<Facade['SageMakerClient']>

/** The runner allows 7.5 s between SIGINT and SIGTERM; what is not accepted in 3 s is left to the post step. */
export const STOP_TIMEOUT_MS = 3000
const STOP_TRIES = 2

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

// SageMaker has no not-found exception for jobs: it answers ValidationException "Requested resource not found."
const isNotFound = (error: unknown) =>
  classify(error) === 'not-found' || /\bnot found\b|could not find/i.test(messageOf(error))

// "The request was rejected because the training job is in status Completed." (awslabs/benchmark-ai issue 928)
const hasEnded = (error: unknown) => /in status (Completed|Stopped|Failed|Stopping)/i.test(messageOf(error))

const options = (signal?: AbortSignal) => (signal === undefined ? {} : { abortSignal: signal })

const stopTwice = async (stop: (signal: AbortSignal) => Promise<unknown>) => {
  const deadline = AbortSignal.timeout(STOP_TIMEOUT_MS)
  for (let tries = 1; ; tries += 1)
    try {
      await stop(deadline)
      return
    } catch (error) {
      if (hasEnded(error)) return
      if (tries === STOP_TRIES || deadline.aborted) throw error
    }
}

const jobs = <Request>(calls: Calls<Request>, { clock, random }: CallContext, what: string): Jobs<Request> => ({
  describe: async (name, signal) => {
    try {
      return await withRetries(() => calls.describe(name, signal), { clock, random, ...(signal && { signal }) })
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw toActionError(error, `asking about ${what} ${name}`)
    }
  },
  create: async (request, signal) => {
    try {
      // The name is deterministic: when only the answer was lost, the repeated call finds the job to exist.
      await withRetries(() => calls.create(request, signal), { clock, random, ...(signal && { signal }) })
      return 'created'
    } catch (error) {
      if (classify(error) === 'in-use') return 'exists'
      throw toActionError(error, `creating ${what}`)
    }
  },
  stop: async (name) => {
    try {
      await stopTwice((signal) => calls.stop(name, signal))
    } catch (error) {
      throw toActionError(error, `stopping ${what} ${name}`)
    }
  },
})

interface Opened {
  readonly facade: Facade
  readonly client: Client
}

const opener = (session: AwsSession) => {
  let opened: Promise<Opened> | undefined
  return () =>
    (opened ??= (async () => {
      const facade = await import('./sagemaker.ts')
      return { facade, client: new facade.SageMakerClient(session.clientConfig('sagemaker')) }
    })())
}

/** Training jobs of the session's account and region. */
export const trainingJobs = (session: AwsSession, context: CallContext): Jobs<TrainingRequest> => {
  const open = opener(session)
  return jobs(
    {
      describe: async (name, signal) => {
        const { client, facade } = await open()
        return trainingState(
          await client.send(new facade.DescribeTrainingJobCommand({ TrainingJobName: name }), options(signal)),
        )
      },
      create: async (request, signal) => {
        const { client, facade } = await open()
        // Our instance types and lists are readonly strings; the SDK's are closed unions that lag behind the service.
        const command = new facade.CreateTrainingJobCommand(request as CreateTrainingJobCommandInput)
        return client.send(command, options(signal))
      },
      stop: async (name, signal) => {
        const { client, facade } = await open()
        return client.send(new facade.StopTrainingJobCommand({ TrainingJobName: name }), options(signal))
      },
    },
    context,
    'training job',
  )
}

/** Processing jobs of the session's account and region. */
export const processingJobs = (session: AwsSession, context: CallContext): Jobs<ProcessingRequest> => {
  const open = opener(session)
  return jobs(
    {
      describe: async (name, signal) => {
        const { client, facade } = await open()
        return processingState(
          await client.send(new facade.DescribeProcessingJobCommand({ ProcessingJobName: name }), options(signal)),
        )
      },
      create: async (request, signal) => {
        const { client, facade } = await open()
        const command = new facade.CreateProcessingJobCommand(request as CreateProcessingJobCommandInput)
        return client.send(command, options(signal))
      },
      stop: async (name, signal) => {
        const { client, facade } = await open()
        return client.send(new facade.StopProcessingJobCommand({ ProcessingJobName: name }), options(signal))
      },
    },
    context,
    'processing job',
  )
}
