import type { Tooth } from './tooth.ts'

const CORE = 'packages/core/src/release'
const SOURCES = 'packages/kubernetes/src'
const TESTS = 'packages/kubernetes/test'
const ITG = 'packages/kubernetes/itg/release.itg'

/** Of what a release writes, records and puts back. */
export const UNDO_TEETH: readonly Tooth[] = [
  {
    scenario: 'release: images of a registry with a port',
    suite: 'packages/core/test/release/manifests',
    breaks: ['registry:5000', 'are replaced by name'],
    mutation: 'the port is taken for a tag',
    edits: [{ file: `${CORE}/images.ts`, find: "whole.indexOf(':', slash)", replace: "whole.indexOf(':')" }],
  },
  {
    scenario: 'release: an overlay out of the workspace',
    suite: `${TESTS}/render`,
    breaks: ['that reaches out of the workspace', 'out of the workspace, by path or by link'],
    mutation: 'everything lies inside',
    edits: [
      {
        file: `${SOURCES}/render/inside.ts`,
        find: 'path === folder || path.startsWith(folder + sep)',
        replace: 'path.startsWith(sep) || path === folder || path === sep',
      },
    ],
  },
  {
    scenario: 'release: a YAML file that pollutes',
    suite: `${TESTS}/render`,
    breaks: ['a key that reaches into every object', 'such a key deep within'],
    mutation: 'the key is let in',
    edits: [{ file: `${SOURCES}/render/yaml-documents.ts`, find: "key === '__proto__' || ", replace: '' }],
  },
  {
    scenario: 'release: the image to go back to is gone',
    suite: `${TESTS}/release/refusals`,
    breaks: ['nothing is rolled back to an image that is gone'],
    mutation: 'it is not looked up',
    edits: [
      {
        file: `${SOURCES}/undo/undo-release.ts`,
        find: '(await missingImages(sent, imageExists)).map',
        replace: '(await missingImages([], imageExists)).map',
      },
    ],
  },
  {
    scenario: 'release: a newer suite has written a record',
    suite: `${TESTS}/release/refusals`,
    breaks: ['after a newer version of the suite'],
    mutation: 'it is passed over like a damaged one',
    edits: [
      {
        file: `${SOURCES}/records/release-records.ts`,
        find: 'stored.unreadable.find((one) => one.newer)',
        replace: 'stored.unreadable.find(() => false)',
      },
    ],
  },
  {
    scenario: 'release: records hold no Secrets',
    suite: `${TESTS}/release/refusals`,
    breaks: ['keeps no value of a Secret'],
    mutation: 'they are kept whole',
    edits: [
      {
        file: `${CORE}/secrets.ts`,
        find: 'isSecret(object) && !recordSecrets ?',
        replace: 'isSecret(object) && false ?',
      },
    ],
  },
  {
    scenario: 'release: created objects go with the release',
    suite: `${TESTS}/release/restored`,
    breaks: ['a release that is undone', 'a first release that is undone', 'whoever comes next'],
    mutation: 'they stay',
    edits: [
      {
        file: `${CORE}/undo-plan.ts`,
        find: "...steps.filter(({ kind }) => kind === 'remove').toReversed(),",
        replace: '',
      },
    ],
  },
  {
    scenario: 'release: killed in the middle of applying',
    suite: `${TESTS}/release/restored`,
    breaks: ['whoever comes next'],
    mutation: 'the record comes after the objects',
    edits: [
      { file: `${SOURCES}/apply/apply-release.ts`, find: '  await records.write(pending, writer)\n', replace: '' },
    ],
  },
  {
    scenario: 'release: somebody has edited the objects',
    suite: ITG,
    breaks: ['who has changed a field', 'who has added a variable', 'who has deleted and made'],
    mutation: 'nobody has',
    edits: [
      {
        file: `${CORE}/undo-plan.ts`,
        find: "if (first !== undefined) return { kind: 'superseded', objects: [first, ...more] }",
        replace:
          "if (first !== undefined && more.length > 99) return { kind: 'superseded', objects: [first, ...more] }",
      },
    ],
  },
  {
    scenario: 'release: a Secret was rotated since',
    suite: ITG,
    breaks: ['that was rotated since stays'],
    mutation: 'it goes back all the same',
    edits: [
      { file: `${CORE}/undo-plan.ts`, find: 'if (!isOurs) return', replace: 'if (!isOurs && wanted === live) return' },
    ],
  },
  {
    scenario: 'release: kubectl has applied the objects before',
    suite: ITG,
    breaks: ['replaced what kubectl had applied'],
    mutation: 'its fields stay its own',
    edits: [
      {
        file: `${SOURCES}/apply/write-object.ts`,
        find: 'live !== undefined && clientSideManagers(live).length > 0',
        replace: 'live !== undefined && clientSideManagers(live).length > 99',
      },
    ],
  },
  {
    scenario: 'release: the fenced writer',
    suite: ITG,
    breaks: ['who writes under an older lease'],
    mutation: 'the number is not looked at',
    edits: [
      {
        file: `${SOURCES}/records/release-records.ts`,
        find: 'fencing > writer.fencing',
        replace: 'fencing > writer.fencing + 1e9',
      },
    ],
  },
  {
    scenario: 'release: replicas that only we own',
    suite: ITG,
    breaks: ['do not fall to one'],
    mutation: 'they are let go of',
    edits: [
      {
        file: `${CORE}/replicas.ts`,
        find: 'othersSetReplicas(live) ? undefined : replicasOf(live)',
        replace: 'undefined',
      },
    ],
  },
  {
    scenario: 'release: broken pods of a StatefulSet',
    suite: ITG,
    breaks: ['a StatefulSet whose new pods are broken'],
    mutation: 'they are left to its controller',
    edits: [
      {
        file: `${SOURCES}/undo/stuck-pods.ts`,
        find: "live.kind !== 'StatefulSet' ||",
        replace: "live.kind !== 'Nothing' ||",
      },
    ],
  },
  {
    scenario: 'release: a Secret of somebody else in the place of ours',
    suite: 'packages/kubernetes/test/release/secrets',
    breaks: ['in the place of the one of the release'],
    mutation: 'whoever has made it, it goes',
    edits: [
      {
        file: `${CORE}/undo-plan.ts`,
        find: 'if (secret !== undefined || live === undefined) return secret',
        replace: 'if (secret !== undefined || live === undefined || isSecret(reference)) return secret',
      },
    ],
  },
  {
    scenario: 'release: killed while a first release is removed',
    suite: 'packages/kubernetes/test/release/restore.test',
    breaks: ['half removed says so'],
    mutation: 'its record does not say that somebody is at it',
    edits: [
      {
        file: 'packages/kubernetes/src/undo/undo-release.ts',
        find: "{ ...begun, status: 'pending' }",
        replace: 'begun',
      },
    ],
  },
  {
    scenario: 'release: a container that failed has printed a Secret',
    suite: 'packages/kubernetes/test/follow-rollout',
    breaks: ['the log of what failed shows no value of a Secret'],
    mutation: 'its log is shown as it is',
    edits: [
      {
        file: 'packages/kubernetes/src/rollout/container-log.ts',
        find: 'linesOf(shown(text))',
        replace: 'linesOf(text)',
      },
    ],
  },
  {
    scenario: 'deploy: the API server is away mid-apply',
    suite: 'actions/deploy-eks/test/run',
    breaks: ['an API server that is away from write 5 on'],
    mutation: 'post undoes it as if the run was cancelled',
    edits: [
      {
        file: 'actions/deploy-eks/src/cleanup.ts',
        find: 'restores === undefined && wasOutage(context)',
        replace: "restores === undefined && context.workspace === ''",
      },
    ],
  },
  {
    scenario: 'deploy: on-failure: leave, and the run is lost',
    suite: 'actions/deploy-eks/test/run',
    breaks: ['on-failure: leave is heard by'],
    mutation: 'whoever finds it undoes it',
    edits: [
      {
        file: 'actions/deploy-eks/src/respond.ts',
        find: "if (job.inputs.onFailure === 'leave')",
        replace: 'if (job.inputs.dryRun)',
      },
    ],
  },
  {
    scenario: 'deploy: killed at any write of a release that fails',
    suite: 'actions/deploy-eks/test/run',
    breaks: [
      'a failed release is undone by `post` when its run is killed after write 8',
      'a first release that failed is removed by `post` when its run is killed after write 7',
    ],
    mutation: 'it counts as failed before it is undone',
    edits: [
      {
        file: 'actions/deploy-eks/src/respond.ts',
        find: "  await end('pending')\n",
        replace: "  await end('failed')\n",
      },
    ],
  },
]
