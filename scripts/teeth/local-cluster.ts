import type { Tooth } from './tooth.ts'

const ITG = 'packages/local-cluster/itg'

/** Of the cluster that the scenarios of releases are run on. */
export const LOCAL_CLUSTER_TEETH: readonly Tooth[] = [
  {
    scenario: 'local cluster: stands from up to down',
    suite: `${ITG}/commands`,
    breaks: ['a cluster stands from up to down', 'one whose owner was killed'],
    mutation: 'all is well, whether one stands or not',
    edits: [
      {
        file: 'packages/local-cluster/src/main.ts',
        find: '    return found === undefined ? 1 : 0\n',
        replace: '    return 0\n',
      },
    ],
  },
  {
    scenario: 'local cluster: its owner was killed',
    suite: `${ITG}/commands`,
    breaks: ['one whose owner was killed'],
    mutation: 'whatever was written down stands',
    edits: [
      {
        file: 'packages/local-cluster/src/commands.ts',
        find: '  return isRunning(found.owner) ? found : undefined\n',
        replace: '  return found\n',
      },
    ],
  },
  {
    scenario: 'local cluster: EKS login',
    suite: `${ITG}/eks`,
    breaks: ['nobody else is'],
    mutation: 'every role is let in',
    edits: [
      {
        file: 'packages/local-cluster/src/authenticator/token.ts',
        find: '  return entry && { username: sessionArn, groups: entry.groups }\n',
        replace: '  return { username: sessionArn, groups: (entry ?? entries[0])?.groups ?? [] }\n',
      },
    ],
  },
  {
    scenario: 'local cluster: killed for its memory',
    suite: `${ITG}/cluster.itg`,
    breaks: ['more memory than the limit'],
    mutation: 'memory is not watched',
    edits: [
      {
        file: 'packages/local-cluster/src/kubelet/memory.ts',
        find: 'bytes: Number(fields[21]) * PAGE',
        replace: 'bytes: Number(fields[21]) * 0',
      },
    ],
  },
  {
    scenario: 'local cluster: interrupted',
    suite: `${ITG}/leftovers`,
    breaks: ['an interrupted owner leaves nothing'],
    mutation: 'an interrupt ends the owner alone',
    edits: [
      {
        file: 'packages/local-cluster/src/cluster/cluster.ts',
        find: '    end()\n    process.off(name, onSignal)\n',
        replace: '    process.off(name, onSignal)\n',
      },
    ],
  },
]
