// The only file that loads the ECR client: it is imported late, and the bundle keeps just these commands.
export {
  BatchCheckLayerAvailabilityCommand,
  BatchGetImageCommand,
  CompleteLayerUploadCommand,
  DescribeImageScanFindingsCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
  InitiateLayerUploadCommand,
  PutImageCommand,
  StartImageScanCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr'
