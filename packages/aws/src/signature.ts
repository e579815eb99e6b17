// Loaded late, with the client whose endpoints it signs for.
export { SignatureV4 } from '@smithy/signature-v4'
