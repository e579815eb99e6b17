// The only file that loads the EKS client: it is imported late, and the bundle keeps just this command.
export { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks'
