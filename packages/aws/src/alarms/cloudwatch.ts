// The only file that loads the CloudWatch client: it is imported late, and the bundle keeps just these commands.
export {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
} from '@aws-sdk/client-cloudwatch'
