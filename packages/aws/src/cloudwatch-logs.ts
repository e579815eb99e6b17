// The only file that loads the logs client: it is imported late, and the bundle keeps just these commands.
export { CloudWatchLogsClient, DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
