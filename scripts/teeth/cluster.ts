import type { Tooth } from './tooth.ts'

const TESTS = 'packages/kubernetes/test'
const SOURCES = 'packages/kubernetes/src'

/** Of the way to a cluster: faults, watches and the lock of a release. */
export const CLUSTER_TEETH: readonly Tooth[] = [
  {
    scenario: 'cluster: 410 in the stream of a watch',
    suite: `${TESTS}/reflection`,
    breaks: ['told by the stream', 'a list that fails for a while'],
    mutation: 'an ERROR event counts as a broken connection',
    edits: [
      {
        file: `${SOURCES}/reflector/reflection.ts`,
        find: "return event.status === 429 ? BROKEN : { kind: 'expired' }",
        replace: 'return BROKEN',
      },
    ],
  },
  {
    scenario: 'cluster: 429 with Retry-After',
    suite: `${TESTS}/api`,
    breaks: ['asked no sooner than it said'],
    mutation: 'the header is not read',
    edits: [
      {
        file: `${SOURCES}/transport/api.ts`,
        find: "tried.kind === 'answered' ? askedToWait(tried.headers['retry-after']) : 0",
        replace: '0',
      },
    ],
  },
  {
    scenario: 'cluster: lost answer to a creation',
    suite: `${TESTS}/api`,
    breaks: ['what must not be done twice', 'what is found to have arrived'],
    mutation: 'it is sent again without a look',
    edits: [
      {
        file: `${SOURCES}/transport/api.ts`,
        find: 'const answer = await arrived?.(described(tried))',
        replace: 'const answer = await (arrived === undefined ? arrived : undefined)',
      },
    ],
  },
  {
    scenario: 'cluster: the API server is restarted',
    suite: `${TESTS}/api`,
    breaks: ['has just come up'],
    mutation: 'its first refusals are taken for its word',
    edits: [{ file: `${SOURCES}/transport/api.ts`, find: 'const YOUNG_MS = 15_000', replace: 'const YOUNG_MS = 0' }],
  },
  {
    scenario: 'cluster: a token ends mid-wait',
    suite: `${TESTS}/api`,
    breaks: ['a token that is refused is renewed', 'whose new token is refused'],
    mutation: 'it is not renewed',
    edits: [
      {
        file: `${SOURCES}/transport/api.ts`,
        find: 'return refusedLogin(tried) ? tryOnce(agents, server, await connection.login(true), request, signal) : tried',
        replace: 'return refusedLogin(tried) ? tried : tried',
      },
    ],
  },
  {
    scenario: 'cluster: a paused process wakes after its lock has expired',
    suite: `${TESTS}/lease`,
    breaks: ['was paused for longer', 'cannot be renewed', 'renewal hangs', 'never do two'],
    mutation: 'it trusts the lock for longer than others do',
    edits: [
      { file: `${SOURCES}/lease/hold-lease.ts`, find: 'const HELD_MS = 45_000', replace: 'const HELD_MS = 90_000' },
    ],
  },
  {
    scenario: 'cluster: a Lease that somebody has deleted',
    suite: `${TESTS}/lease`,
    breaks: ['goes on from the number that the records know'],
    mutation: 'it begins at 1 again',
    edits: [
      {
        file: `${SOURCES}/lease/hold-lease.ts`,
        find: 'if (told > 0) return told',
        replace: 'if (told >= 0) return told',
      },
    ],
  },
  {
    scenario: 'cluster: the API server is away while a release is judged',
    suite: `${TESTS}/probe/through-proxy`,
    breaks: ['nor does one that is not there'],
    mutation: 'the release is blamed for it',
    edits: [
      {
        file: `${SOURCES}/cluster/subresources.ts`,
        find: "if (tried.kind === 'unsent') throw notHandedOn(",
        replace: "if (tried.kind === 'unsent') throw noProbe(",
      },
    ],
  },
]
