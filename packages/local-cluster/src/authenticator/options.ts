/** How sessions of AWS roles get into the cluster: what EKS calls access entries. */
export interface EksLogin {
  /** Where AWS's Security Token Service is; it alone says who signed a token. */
  readonly stsEndpoint: string
  /** Tokens for clusters of other names are refused. */
  readonly clusterName: string
  readonly accessEntries: readonly AccessEntry[]
}

export interface AccessEntry {
  /** `arn:aws:iam::<account>:role/<name>`. */
  readonly roleArn: string
  readonly groups: readonly string[]
}
