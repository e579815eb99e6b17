type PolicyDocument = unknown

/** What EKS knows of a cluster. */
export interface LocalEksCluster {
  readonly endpoint: string
  /** PEM. */
  readonly certificateAuthority: string
  /** ACTIVE by default. */
  readonly status?: 'CREATING' | 'ACTIVE' | 'DELETING' | 'FAILED' | 'UPDATING' | 'PENDING'
}

/** Everything that exists in a local account when it comes to life. */
export interface Account {
  readonly accountId: string
  readonly region: string
  /** May do everything; for setting up and for looking at the world afterwards. */
  readonly admin: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly oidcProviders: readonly {
    readonly url: string
    readonly clientIds: readonly string[]
    /** Public keys of the issuer (RFC 7517). */
    readonly jwks: unknown
  }[]
  readonly roles: readonly {
    readonly name: string
    readonly trust: PolicyDocument
    readonly policies: Readonly<Record<string, PolicyDocument>>
    readonly maxSessionSeconds: number
  }[]
  readonly users: readonly {
    readonly name: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly policies: Readonly<Record<string, PolicyDocument>>
  }[]
  readonly buckets: readonly string[]
  readonly objects: readonly { readonly bucket: string; readonly prefix: string; readonly folder: string }[]
  /** Which interpreter stands in for the images that match a pattern with `*`, and the digest they have, if told. */
  readonly images: readonly { readonly match: string; readonly python: string; readonly digest?: string }[]
  /** Requests of ECR's CreateRepository. */
  readonly repositories?: readonly {
    readonly repositoryName: string
    readonly imageTagMutability?: 'MUTABLE' | 'IMMUTABLE' | 'IMMUTABLE_WITH_EXCLUSION' | 'MUTABLE_WITH_EXCLUSION'
    readonly imageTagMutabilityExclusionFilters?: readonly {
      readonly filterType: 'WILDCARD'
      readonly filter: string
    }[]
    readonly imageScanningConfiguration?: { readonly scanOnPush: boolean }
  }[]
  /** Clusters that run already, as EKS describes them; see `Control.setCluster` for those that start later. */
  readonly clusters?: readonly ({ readonly name: string } & LocalEksCluster)[]
  readonly quotas: readonly (
    | { readonly usage: 'training' | 'processing'; readonly instanceType: string; readonly limit: number }
    /** Packages are counted per group. */
    | { readonly usage: 'model-package-group' | 'model-package'; readonly limit: number }
  )[]
}
