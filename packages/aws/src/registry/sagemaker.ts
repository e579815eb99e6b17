// The only file of the registry that loads the SageMaker client: it is imported late, and the bundle keeps just these commands.
export {
  AddAssociationCommand,
  BatchDescribeModelPackageCommand,
  CreateArtifactCommand,
  CreateModelPackageCommand,
  CreateModelPackageGroupCommand,
  DescribeModelPackageCommand,
  DescribeModelPackageGroupCommand,
  ListArtifactsCommand,
  ListModelPackagesCommand,
  SageMakerClient,
  UpdateModelPackageCommand,
} from '@aws-sdk/client-sagemaker'
