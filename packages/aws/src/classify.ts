/**
 * What an error of an AWS call means for the caller: `transient` passes by itself, `network` too but AWS was never reached,
 * `creds` needs a new session, `quota` a service limit, the rest are answers that a repetition would not change.
 */
export type FaultClass =
  | 'transient'
  | 'network'
  | 'creds'
  | 'quota'
  | 'denied'
  | 'not-found'
  | 'in-use'
  | 'invalid'
  | 'conflict'
  | 'unknown'

// Names as the services' API references list them under "Common errors"; the query and REST protocols drop "Exception".
const NAMES: Readonly<Record<string, FaultClass>> = {
  BandwidthLimitExceeded: 'transient',
  InternalError: 'transient',
  InternalFailure: 'transient',
  InternalServerError: 'transient',
  PriorRequestNotComplete: 'transient',
  ProvisionedThroughputExceededException: 'transient',
  RequestLimitExceeded: 'transient',
  RequestThrottled: 'transient',
  RequestThrottledException: 'transient',
  RequestTimeout: 'transient',
  RequestTimeoutException: 'transient',
  ServiceUnavailable: 'transient',
  ServiceUnavailableException: 'transient',
  SlowDown: 'transient',
  ThrottledException: 'transient',
  Throttling: 'transient',
  ThrottlingException: 'transient',
  TooManyRequestsException: 'transient',
  IDPCommunicationError: 'transient',
  TimeoutError: 'network',
  AuthFailure: 'creds',
  ExpiredToken: 'creds',
  ExpiredTokenException: 'creds',
  InvalidAccessKeyId: 'creds',
  InvalidClientTokenId: 'creds',
  InvalidSignatureException: 'creds',
  InvalidToken: 'creds',
  RequestExpired: 'creds',
  // The SDK sets its clock by the Date of such an answer, so that one repetition is signed with the right time.
  RequestInTheFuture: 'creds',
  RequestTimeTooSkewed: 'creds',
  SignatureDoesNotMatch: 'creds',
  UnrecognizedClientException: 'creds',
  LimitExceededException: 'quota',
  ResourceLimitExceeded: 'quota',
  ServiceQuotaExceededException: 'quota',
  AccessDenied: 'denied',
  AccessDeniedException: 'denied',
  UnauthorizedOperation: 'denied',
  Forbidden: 'denied',
  NoSuchBucket: 'not-found',
  NoSuchKey: 'not-found',
  NotFound: 'not-found',
  ResourceNotFound: 'not-found',
  ResourceNotFoundException: 'not-found',
  ResourceInUse: 'in-use',
  ResourceInUseException: 'in-use',
  SerializationException: 'invalid',
  ValidationError: 'invalid',
  ValidationException: 'invalid',
  InvalidParameterException: 'invalid',
  ConflictException: 'conflict',
  ConditionalRequestConflict: 'conflict',
  PreconditionFailed: 'conflict',
}

/** Codes of Node's sockets and resolver after which the request may or may not have arrived. */
const SOCKET = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])

interface SdkError {
  readonly name?: unknown
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
}

const facts = (error: unknown): SdkError => (typeof error === 'object' && error !== null ? error : {})

const STATUSES: Readonly<Record<number, FaultClass>> = {
  400: 'invalid',
  401: 'creds',
  403: 'denied',
  404: 'not-found',
  408: 'transient',
  409: 'conflict',
  412: 'conflict',
  429: 'transient',
}

const ofStatus = (status: number): FaultClass => (status >= 500 ? 'transient' : (STATUSES[status] ?? 'unknown'))

/** S3 answers HEAD without a body, so with a status only; 400 is what an expired session gets (S3 API, HeadObject). */
const ofBareAnswer = (status: number): FaultClass => (status === 400 ? 'creds' : ofStatus(status))

/** Classifies any error that a call through the SDK can throw; total. */
export const classify = (error: unknown): FaultClass => {
  const { name, code, $metadata } = facts(error)
  if (typeof code === 'string' && SOCKET.has(code)) return 'network'
  if (typeof name === 'string' && Object.hasOwn(NAMES, name)) return NAMES[name] ?? 'unknown'
  return (name === 'Unknown' ? ofBareAnswer : ofStatus)($metadata?.httpStatusCode ?? 0)
}
