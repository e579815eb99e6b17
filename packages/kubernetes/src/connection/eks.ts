import type { ClusterTarget, Connection } from './target.ts'

/** The connection of an EKS cluster: a token of the session for each request. */
export const eksConnection = (target: Extract<ClusterTarget, { readonly kind: 'eks' }>): Connection => ({
  server: new URL(target.endpoint),
  ca: target.certificateAuthority,
  insecure: false,
  login: async (refused) => ({ authorization: `Bearer ${await target.token(refused)}` }),
  caller: target.caller ?? (() => Promise.resolve('the session of the step')),
})
