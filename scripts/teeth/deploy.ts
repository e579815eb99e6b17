import type { Tooth } from './tooth.ts'

const SUITES = 'actions/deploy-eks/scenario'
const SOURCES = 'actions/deploy-eks/src'
const CORE = 'packages/core/src/release'
const KUBERNETES = 'packages/kubernetes/src'

/** Of deploy-eks, on the real API server. */
export const DEPLOY_TEETH: readonly Tooth[] = [
  {
    scenario: 'deploy: the first one ever',
    suite: `${SUITES}/deploys`,
    breaks: ['the first deploy ever'],
    mutation: 'nobody asks the image for its model',
    edits: [
      {
        file: 'packages/image/src/image-lookup.ts',
        find: "const MODEL_LABEL = 'mlops.model-package-arn'",
        replace: "const MODEL_LABEL = 'mlops.model'",
      },
    ],
  },
  {
    scenario: 'deploy: a new model, and the same run once more',
    suite: `${SUITES}/deploys`,
    breaks: ['a new model is deployed over the old one'],
    mutation: 'what differs in nothing is written all the same',
    edits: [
      {
        file: `${SOURCES}/survey.ts`,
        find: '  if (!job.inputs.dryRun && !seen.plan.unchanged) return undefined\n',
        replace: '  if (!job.inputs.dryRun) return undefined\n',
      },
    ],
  },
  {
    scenario: 'deploy: a dry run',
    suite: `${SUITES}/deploys`,
    breaks: ['a dry run shows what differs'],
    mutation: 'values of Secrets are shown',
    edits: [
      {
        file: `${CORE}/diff.ts`,
        find: '  if (!isSecret(object)) return object\n',
        replace: "  if (object.kind !== '') return object\n",
      },
    ],
  },
  {
    scenario: 'deploy: an image that does not exist',
    suite: `${SUITES}/refuses`,
    breaks: ['an image that does not exist'],
    mutation: 'nobody looks it up',
    edits: [
      {
        file: `${KUBERNETES}/preflight/preflight.ts`,
        find: '    ...(await goneImages(rendered, options.imageExists)),\n',
        replace: '',
      },
    ],
  },
  {
    scenario: 'deploy: an immutable selector',
    suite: `${SUITES}/refuses`,
    breaks: ['a selector that is not the one'],
    mutation: 'it is some invalid object',
    edits: [
      {
        file: `${KUBERNETES}/preflight/refused-write.ts`,
        find: 'status === 422 && /field is immutable',
        replace: 'status === 423 && /field is immutable',
      },
    ],
  },
  {
    scenario: 'deploy: a missing reference',
    suite: `${SUITES}/refuses`,
    breaks: ['a ConfigMap that nobody has made'],
    mutation: 'keys are not looked for',
    edits: [
      {
        file: `${KUBERNETES}/preflight/needs.ts`,
        find: '(key === undefined || hasKey(object, key))',
        replace: "(key === undefined || key !== '')",
      },
    ],
  },
  {
    scenario: 'deploy: no rights',
    suite: `${SUITES}/refuses`,
    breaks: ['no rights at all'],
    mutation: 'a missing right is no class of its own',
    edits: [
      {
        file: `${SOURCES}/run.ts`,
        find: "  'E-FORBIDDEN': { status: 'refused', failureClass: 'rbac-forbidden' },\n",
        replace: '',
      },
    ],
  },
  {
    scenario: 'deploy: admission refused',
    suite: `${SUITES}/refuses`,
    breaks: ['an admission rule that denies'],
    mutation: 'the words of the rule are kept back',
    edits: [{ file: `${KUBERNETES}/preflight/refused-write.ts`, find: ': ${clipped(refusal.message)}', replace: '.' }],
  },
  {
    scenario: 'deploy: objects of another tool',
    suite: `${SUITES}/refuses`,
    breaks: ['objects that another tool manages'],
    mutation: 'nobody looks who manages them',
    edits: [
      {
        file: `${KUBERNETES}/preflight/preflight.ts`,
        find: '    ...foreignObjects(live, facts.release),\n',
        replace: '',
      },
    ],
  },
  {
    scenario: 'deploy: faults of the manifests',
    suite: `${SUITES}/refuses`,
    breaks: ['manifests that cannot be meant'],
    mutation: 'an image that none has is no fault',
    edits: [{ file: `${CORE}/manifests.ts`, find: '    ...unmetFaults,\n', replace: '' }],
  },
  {
    scenario: 'deploy: inputs',
    suite: `${SUITES}/refuses`,
    breaks: ['inputs that cannot be meant'],
    mutation: 'namespaces of Kubernetes are taken',
    edits: [{ file: `${SOURCES}/spec.ts`, find: '/^(default|kube-.*)$/', replace: '/^(default)$/' }],
  },
  {
    scenario: 'deploy: crashes at start',
    suite: `${SUITES}/fails`,
    breaks: ['crash-loop:', 'the image to go back to is gone', 'a first deploy that is bad', 'on-failure: leave'],
    mutation: 'it is told as a probe that fails',
    edits: [
      {
        file: `${CORE}/failure-classes/signs.ts`,
        find: "'crash-loop': { failureClass: 'crash-loop'",
        replace: "'crash-loop': { failureClass: 'probe-killed'",
      },
    ],
  },
  {
    scenario: 'deploy: OOM',
    suite: `${SUITES}/fails`,
    breaks: ['oom-killed:'],
    mutation: 'a memory kill is a crash like any other',
    edits: [
      {
        file: `${CORE}/failure-classes/container.ts`,
        find: "runs.last?.reason !== 'OOMKilled'",
        replace: "runs.last?.reason !== 'OOM'",
      },
    ],
  },
  {
    scenario: 'deploy: unschedulable',
    suite: `${SUITES}/fails`,
    breaks: ['unschedulable:'],
    mutation: 'its grace is longer',
    edits: [
      {
        file: `${CORE}/failure-classes/signs.ts`,
        find: "unschedulable: { failureClass: 'unschedulable', quorum: 'stalled', graceMs: 60 * SECOND }",
        replace: "unschedulable: { failureClass: 'unschedulable', quorum: 'stalled', graceMs: 80 * SECOND }",
      },
    ],
  },
  {
    scenario: 'deploy: quota',
    suite: `${SUITES}/fails`,
    breaks: ['quota-exceeded:'],
    mutation: 'its grace is longer',
    edits: [
      {
        file: `${CORE}/failure-classes/signs.ts`,
        find: "'quota-exceeded': { failureClass: 'quota-exceeded', quorum: 'stalled', graceMs: 10 * SECOND }",
        replace: "'quota-exceeded': { failureClass: 'quota-exceeded', quorum: 'stalled', graceMs: 30 * SECOND }",
      },
    ],
  },
  {
    scenario: 'deploy: never ready',
    suite: `${SUITES}/fails`,
    breaks: ['probe-not-ready:'],
    mutation: 'nobody asks whether it is the probe',
    edits: [
      {
        file: `${CORE}/failure-classes/readiness.ts`,
        find: '!isInit && !isGood && status.state',
        replace: "spec.name === '' && !isInit && !isGood && status.state",
      },
    ],
  },
  {
    scenario: 'deploy: image deleted after the preflight',
    suite: `${SUITES}/fails`,
    breaks: ['an image that is deleted after the preflight'],
    mutation: 'it is waited for',
    edits: [
      {
        file: `${CORE}/failure-classes/signs.ts`,
        find: "'image-not-found': { failureClass: 'image-not-found', quorum: 'one', graceMs: 0 }",
        replace: "'image-not-found': { failureClass: 'image-not-found', quorum: 'one', graceMs: 10 * SECOND }",
      },
    ],
  },
  {
    scenario: 'deploy: config key deleted after the preflight',
    suite: `${SUITES}/fails`,
    breaks: ['a key of a ConfigMap that is deleted after the preflight'],
    mutation: 'its grace is longer',
    edits: [
      {
        file: `${CORE}/failure-classes/signs.ts`,
        find: "'config-missing': { failureClass: 'config-missing', quorum: 'one', graceMs: 10 * SECOND }",
        replace: "'config-missing': { failureClass: 'config-missing', quorum: 'one', graceMs: 30 * SECOND }",
      },
    ],
  },
  {
    scenario: 'deploy: the first one is bad',
    suite: `${SUITES}/fails`,
    breaks: ['a first deploy that is bad'],
    mutation: 'what becomes of it is mixed up',
    edits: [
      {
        file: `${KUBERNETES}/restore/restore-release.ts`,
        find: "const canGo = onFirst === 'remove'",
        replace: "const canGo = onFirst === 'keep'",
      },
    ],
  },
  {
    scenario: 'deploy: the image to go back to is gone',
    suite: `${SUITES}/fails`,
    breaks: ['the image to go back to is gone'],
    mutation: 'it is put back all the same',
    edits: [
      {
        file: `${SOURCES}/put-back.ts`,
        find: 'imageExists: images.exists',
        replace: 'imageExists: () => Promise.resolve(undefined)',
      },
    ],
  },
  {
    scenario: 'deploy: on-failure: leave',
    suite: `${SUITES}/fails`,
    breaks: ['on-failure: leave'],
    mutation: 'it is undone all the same',
    edits: [
      {
        file: `${SOURCES}/respond.ts`,
        find: "if (job.inputs.onFailure === 'leave')",
        replace: 'if (job.inputs.dryRun)',
      },
    ],
  },
  {
    scenario: 'deploy: SIGINT mid-rollout',
    suite: `${SUITES}/cancels`,
    breaks: ['SIGINT in the middle of a rollout'],
    mutation: 'the record does not say that it was interrupted',
    edits: [
      {
        file: `${SOURCES}/deploy.ts`,
        find: '    if (context.signal.aborted) await interrupt(job, lease)\n',
        replace: '',
      },
    ],
  },
  {
    scenario: 'deploy: on-cancel: leave',
    suite: `${SUITES}/cancels`,
    breaks: ['on-cancel: leave'],
    mutation: 'post undoes it all the same',
    edits: [
      { file: `${SOURCES}/cleanup.ts`, find: "if (onCancel !== 'leave')", replace: "if (onCancel !== 'rollback')" },
    ],
  },
  {
    scenario: 'deploy: SIGKILL mid-apply',
    suite: `${SUITES}/cancels`,
    breaks: ['SIGINT in the middle of a rollout', 'on-cancel: leave', 'SIGKILL in the middle of applying: post'],
    mutation: 'post is not told that the lock is held',
    edits: [{ file: `${SOURCES}/deploy.ts`, find: '  noteHolder(context, holder)\n', replace: '' }],
  },
  {
    scenario: 'deploy: SIGKILL mid-apply, and run again',
    suite: `${SUITES}/cancels`,
    breaks: ['SIGKILL in the middle of applying, and the runner lost with it'],
    mutation: 'what was left half is deployed over',
    edits: [
      {
        file: `${SOURCES}/settle.ts`,
        find: 'return clauseOf(await respond(job, lease, record, cause), cause.failureClass)',
        replace: "return 'it is deployed over'",
      },
    ],
  },
  {
    scenario: 'deploy: runner lost after apply',
    suite: `${SUITES}/cancels`,
    breaks: ['runner lost after applying'],
    mutation: 'what was applied whole is undone too',
    edits: [{ file: `${SOURCES}/settle.ts`, find: '  return whole ? live', replace: '  return revision < 0 ? live' }],
  },
  {
    scenario: 'deploy: two at once',
    suite: `${SUITES}/guards`,
    breaks: ['two deploys at once'],
    mutation: 'nobody waits for the lock',
    edits: [
      {
        file: `${SOURCES}/deploy.ts`,
        find: 'waitMs: inputs.lockTimeout * 1000',
        replace: 'waitMs: inputs.lockTimeout * 0',
      },
    ],
  },
  {
    scenario: 'deploy: a verdict meanwhile',
    suite: `${SUITES}/guards`,
    breaks: ['a verdict that comes while the next deploy waits'],
    mutation: 'what was seen before the lock counts',
    edits: [{ file: `${SOURCES}/deploy.ts`, find: '    return { ...seen, stored }\n', replace: '    return seen\n' }],
  },
  {
    scenario: 'deploy: a paused process',
    suite: `${SUITES}/guards`,
    breaks: ['a paused process whose lock ran out'],
    mutation: 'the number of the lease is not looked at',
    edits: [
      {
        file: `${KUBERNETES}/records/release-records.ts`,
        find: 'fencing > writer.fencing',
        replace: 'fencing > writer.fencing + 99',
      },
    ],
  },
  {
    scenario: 'deploy: an edited object',
    suite: `${SUITES}/guards`,
    breaks: ['a field that somebody has edited'],
    mutation: 'it is taken over silently',
    edits: [
      {
        file: `${SOURCES}/survey.ts`,
        find: 'const rules = { conflicts, prune',
        replace: "const rules = { conflicts: conflicts === 'fail' ? ('force' as const) : conflicts, prune",
      },
      {
        file: `${SOURCES}/deploy.ts`,
        find: 'const options = { plan: seen.plan, records, conflicts, recordSecrets }',
        replace: "const options = { plan: seen.plan, records, conflicts: 'force' as typeof conflicts, recordSecrets }",
      },
    ],
  },
  {
    scenario: 'deploy: superseded mid-rollout',
    suite: `${SUITES}/guards`,
    breaks: ['somebody changes the Deployment in the middle of its rollout'],
    mutation: 'its record says that it failed',
    edits: [
      {
        file: `${SOURCES}/respond.ts`,
        find: "failureClass === 'superseded' ? 'superseded' : 'failed'",
        replace: "failureClass === 'namespace-gone' ? 'superseded' : 'failed'",
      },
    ],
  },
  {
    scenario: 'deploy: a rotated Secret',
    suite: `${SUITES}/guards`,
    breaks: ['a Secret that somebody has rotated since is kept'],
    mutation: 'nobody asks who has changed it',
    edits: [
      {
        file: `${CORE}/undo-plan.ts`,
        find: "    if (!isOurs) return 'somebody has changed it since, as in a rotation'\n",
        replace: '',
      },
    ],
  },
  {
    scenario: 'deploy: a Secret that only the release has changed',
    suite: `${SUITES}/guards`,
    breaks: ['a Secret that nobody has touched since is put back'],
    mutation: 'its values are not recorded',
    edits: [
      {
        file: `${SOURCES}/deploy.ts`,
        find: 'const options = { plan: seen.plan, records, conflicts, recordSecrets }',
        replace:
          'const options = { plan: seen.plan, records, conflicts, recordSecrets: recordSecrets && inputs.dryRun }',
      },
    ],
  },
  {
    scenario: 'deploy: an older commit',
    suite: `${SUITES}/guards`,
    breaks: ['a commit that is older than a healthy release'],
    mutation: 'the newer one is taken for the older',
    edits: [
      {
        file: `${CORE}/standing.ts`,
        find: 'healthy.committedAt > committedAt',
        replace: 'healthy.committedAt < committedAt',
      },
    ],
  },
  {
    scenario: 'deploy: watch dropped every second',
    suite: `${SUITES}/faults`,
    breaks: ['watches that are dropped every second'],
    mutation: 'a broken watch is the end',
    edits: [
      {
        file: `${KUBERNETES}/reflector/reflection.ts`,
        find: "if (isFinal(error)) return { kind: 'refused', error }",
        replace: "return { kind: 'refused', error }",
      },
    ],
  },
  {
    scenario: 'deploy: token expired mid-wait',
    suite: `${SUITES}/faults`,
    breaks: ['an expired token in the middle'],
    mutation: 'no new one is asked for',
    edits: [
      {
        file: `${KUBERNETES}/transport/api.ts`,
        find: 'return refusedLogin(tried) ? tryOnce(agents, server, await connection.login(true), request, signal) : tried',
        replace: 'return refusedLogin(tried) ? tried : tried',
      },
      {
        file: `${KUBERNETES}/reflector/reflection.ts`,
        find: 'silenceMs: SILENCE_MS }, refused, signal)',
        replace: "silenceMs: SILENCE_MS }, refused && path === '', signal)",
      },
    ],
  },
  {
    scenario: 'deploy: 410 in a watch',
    suite: `${SUITES}/faults`,
    breaks: ['watches that end with 410'],
    mutation: 'a forgotten version is the end',
    edits: [
      {
        file: `${KUBERNETES}/reflector/reflection.ts`,
        find: "    if (ended.kind === 'expired') version = undefined\n",
        replace: "    if (ended.kind === 'expired') throw new Error('the version is forgotten')\n",
      },
    ],
  },
  {
    scenario: 'deploy: 429',
    suite: `${SUITES}/faults`,
    breaks: ['429 with Retry-After'],
    mutation: 'it is an answer like any other',
    edits: [
      {
        file: `${KUBERNETES}/transport/api.ts`,
        find: 'if (status === 429 || (REFUSED',
        replace: 'if ((REFUSED',
      },
    ],
  },
  {
    scenario: 'deploy: 503',
    suite: `${SUITES}/faults`,
    breaks: ['503 now and then'],
    mutation: 'it is an answer like any other',
    edits: [
      {
        file: `${KUBERNETES}/transport/api.ts`,
        find: 'new Set([500, 502, 503, 504])',
        replace: 'new Set([500, 502, 504])',
      },
    ],
  },
  {
    scenario: 'deploy: lost answers',
    suite: `${SUITES}/faults`,
    breaks: ['lost answers to writes'],
    mutation: 'nobody asks again',
    edits: [
      {
        file: `${KUBERNETES}/transport/api.ts`,
        find: "const hopeless = tried.kind === 'unsent' && tried.certain",
        replace: "const hopeless = tried.kind === 'lost' && method === 'PATCH'",
      },
    ],
  },
  {
    scenario: 'deploy: API server restarted mid-wait',
    suite: `${SUITES}/faults`,
    breaks: ['the API server is restarted'],
    mutation: 'a refusal by a server that has just come up is the end',
    edits: [
      {
        file: `${KUBERNETES}/reflector/reflection.ts`,
        find: 'now - (refusedSince ??= since) >= REFUSED_MS && !api.isYoung()',
        replace: "(refusedSince ??= since) > 0 && ended.error.facts.code === 'E-FORBIDDEN'",
      },
    ],
  },
  {
    scenario: 'deploy: ConfigMap, Deployment and Service together',
    suite: `${SUITES}/whole`,
    breaks: ['ConfigMap, Deployment, Service, autoscaler and budget', 'objects that were there before'],
    mutation: 'ConfigMaps stay as they are',
    edits: [
      {
        file: `${KUBERNETES}/undo/undo-release.ts`,
        find: '  const { send, live, reference } = step\n',
        replace: "  const { send, live, reference } = step\n  if (reference.kind === 'ConfigMap') return undefined\n",
      },
    ],
  },
  {
    scenario: 'deploy: objects that a release no longer has',
    suite: `${SUITES}/whole`,
    breaks: ['an object that a release no longer has'],
    mutation: 'they stay',
    edits: [
      {
        file: `${SOURCES}/deploy.ts`,
        find: "  await watch.time('prune', () => pruneRelease(cluster, lease, record, context))\n",
        replace: '',
      },
    ],
  },
  {
    scenario: 'deploy: a stuck StatefulSet',
    suite: `${SUITES}/whole`,
    breaks: ['a StatefulSet whose pod is stuck'],
    mutation: 'its broken pod is left to it',
    edits: [
      {
        file: `${KUBERNETES}/undo/stuck-pods.ts`,
        find: "if (live.kind !== 'StatefulSet'",
        replace: "if (live.kind !== 'StatefulSets'",
      },
    ],
  },
  {
    scenario: 'deploy: a failed Job',
    suite: `${SUITES}/whole`,
    breaks: ['a Job that fails'],
    mutation: 'its class is that of any container',
    edits: [
      {
        file: `${CORE}/failure-classes/signs.ts`,
        find: "'job-failed': { failureClass: 'job-failed'",
        replace: "'job-failed': { failureClass: 'crash-loop'",
      },
    ],
  },
  {
    scenario: 'deploy: what was there before the first release',
    suite: `${SUITES}/whole`,
    breaks: ['objects that were there before'],
    mutation: 'it is not recorded',
    edits: [
      {
        file: `${CORE}/new-record.ts`,
        find: '  if (objects.length === 0) return undefined\n  const { release, namespace, repository',
        replace: '  if (objects.length >= 0) return undefined\n  const { release, namespace, repository',
      },
    ],
  },
  {
    scenario: 'deploy: values of Secrets',
    suite: `${SUITES}/whole`,
    breaks: ['a Secret of the release reaches the pods'],
    mutation: 'what was rendered is logged',
    edits: [
      {
        file: `${SOURCES}/job.ts`,
        find: "    const renderedPath = context.files.writeTemporary('rendered.yaml', shownText(rendered))\n",
        replace:
          "    const renderedPath = context.files.writeTemporary('rendered.yaml', shownText(rendered))\n    context.log.info(rendered.text)\n",
      },
    ],
  },
]
