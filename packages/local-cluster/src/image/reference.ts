/** Name of an image, as the reference grammar of distribution reads it. */
export interface ImageReference {
  /** As it was written. */
  readonly text: string
  readonly domain: string
  readonly path: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

// https://github.com/distribution/reference/blob/main/regexp.go
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const HOST = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const DOMAIN = `${HOST}(?:\\.${HOST})*(?::[0-9]+)?`
const REFERENCE = new RegExp(
  `^(?:(?<domain>${DOMAIN})/)?(?<path>${COMPONENT}(?:/${COMPONENT})*)(?::(?<tag>\\w[\\w.-]{0,127}))?(?:@(?<digest>sha256:[a-f0-9]{64}))?$`,
)

// The first part is a host only when it can't be part of a name: docker's rule.
const isHost = (part: string) => part === 'localhost' || /[.:]|[A-Z]/.test(part)

/** Reads a reference; undefined when no image can be called so. */
export const parseReference = (text: string): ImageReference | undefined => {
  const [first = '', ...rest] = text.split('/')
  const hasHost = rest.length > 0 && isHost(first)
  const full = hasHost ? text : `docker.io/${rest.length > 0 ? text : `library/${text}`}`
  const { domain = '', path = '', tag, digest } = REFERENCE.exec(full)?.groups ?? {}
  if (path === '' || `${domain}/${path}`.length > 255) return undefined
  return { text, domain, path, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest }
}

/** `domain/path`, which names the repository. */
export const repositoryOf = ({ domain, path }: ImageReference): string => `${domain}/${path}`
