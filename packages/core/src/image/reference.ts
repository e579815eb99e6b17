/** A repository of ECR, in the registry of an account and region. */
export interface EcrRepository {
  readonly account: string
  readonly region: string
  readonly name: string
}

/** ECR's own pattern for repository names (API reference, CreateRepository). */
const NAME = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*`
const HOST = String.raw`(?<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?<region>[a-z0-9-]+)\.[a-z0-9.-]+`
const REPOSITORY = new RegExp(`^(?:${HOST}/)?(?<name>${NAME})$`)
const IMAGE = new RegExp(`^${HOST}/(?<name>${NAME})(?::(?<tag>[\\w.-]{1,128}))?(?:@(?<digest>sha256:[a-f0-9]{64}))?$`)

/** Reads a repository by name, of the caller's own registry, or by URI; undefined when it is neither. */
export const parseRepository = (
  text: string,
): { readonly name: string; readonly account?: string; readonly region?: string } | undefined => {
  const { name, account, region } = REPOSITORY.exec(text)?.groups ?? {}
  if (name === undefined) return undefined
  return account === undefined || region === undefined ? { name } : { name, account, region }
}

export interface EcrImage extends EcrRepository {
  readonly tag?: string
  readonly digest?: string
}

/** Reads the reference of an image in ECR; undefined when it is none. */
export const parseEcrImage = (text: string): EcrImage | undefined => {
  const { account, region, name, tag, digest } = IMAGE.exec(text)?.groups ?? {}
  if (account === undefined || region === undefined || name === undefined) return undefined
  return { account, region, name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) }
}

/** The host that images of a registry are named by; China has a domain of its own (ECR user guide, "Private registry"). */
export const registryHost = ({ account, region }: Pick<EcrRepository, 'account' | 'region'>): string =>
  `${account}.dkr.ecr.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
