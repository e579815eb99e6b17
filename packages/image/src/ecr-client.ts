import type {
  BatchCheckLayerAvailabilityCommandInput,
  BatchGetImageCommandInput,
  CompleteLayerUploadCommandInput,
  DescribeImageScanFindingsCommandInput,
  GetDownloadUrlForLayerCommandInput,
  InitiateLayerUploadCommandInput,
  PutImageCommandInput,
  StartImageScanCommandInput,
  UploadLayerPartCommandInput,
} from '@aws-sdk/client-ecr'
import type { EcrAccess } from './calls.ts'

/** The operations of ECR that are needed; each is repeated while its error can pass by itself, any other is as AWS gives it. */
export const ecrClient = ({ config, retry, signal }: EcrAccess) => {
  const load = async () => {
    const facade = await import('./ecr.ts')
    return { facade, client: new facade.ECRClient(config) }
  }
  let loaded: ReturnType<typeof load> | undefined
  const send = async <T>(call: (opened: Awaited<ReturnType<typeof load>>) => Promise<T>): Promise<T> => {
    const opened = await (loaded ??= load())
    return retry(() => call(opened))
  }
  const abort = { abortSignal: signal }
  return {
    batchCheckLayerAvailability: (input: BatchCheckLayerAvailabilityCommandInput) =>
      send(({ client, facade }) => client.send(new facade.BatchCheckLayerAvailabilityCommand(input), abort)),
    batchGetImage: (input: BatchGetImageCommandInput) =>
      send(({ client, facade }) => client.send(new facade.BatchGetImageCommand(input), abort)),
    completeLayerUpload: (input: CompleteLayerUploadCommandInput) =>
      send(({ client, facade }) => client.send(new facade.CompleteLayerUploadCommand(input), abort)),
    describeImageScanFindings: (input: DescribeImageScanFindingsCommandInput) =>
      send(({ client, facade }) => client.send(new facade.DescribeImageScanFindingsCommand(input), abort)),
    getAuthorizationToken: () =>
      send(({ client, facade }) => client.send(new facade.GetAuthorizationTokenCommand({}), abort)),
    getDownloadUrlForLayer: (input: GetDownloadUrlForLayerCommandInput) =>
      send(({ client, facade }) => client.send(new facade.GetDownloadUrlForLayerCommand(input), abort)),
    initiateLayerUpload: (input: InitiateLayerUploadCommandInput) =>
      send(({ client, facade }) => client.send(new facade.InitiateLayerUploadCommand(input), abort)),
    putImage: (input: PutImageCommandInput) =>
      send(({ client, facade }) => client.send(new facade.PutImageCommand(input), abort)),
    startImageScan: (input: StartImageScanCommandInput) =>
      send(({ client, facade }) => client.send(new facade.StartImageScanCommand(input), abort)),
    uploadLayerPart: (input: UploadLayerPartCommandInput) =>
      send(({ client, facade }) => client.send(new facade.UploadLayerPartCommand(input), abort)),
  }
}

export type EcrClient = ReturnType<typeof ecrClient>
