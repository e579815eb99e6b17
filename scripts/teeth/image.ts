import type { Tooth } from './tooth.ts'

const SUITES = 'actions/build-push-image/scenario'

/** Of the action that builds and pushes images. */
export const IMAGE_TEETH: readonly Tooth[] = [
  {
    scenario: 'first build of an image',
    suite: `${SUITES}/builds`,
    breaks: ['the first build'],
    mutation: 'the image does not say where it works',
    edits: [{ file: 'packages/image/src/documents.ts', find: '      WorkingDir: workingDirectory,\n', replace: '' }],
  },
  {
    scenario: 'image: re-run',
    suite: `${SUITES}/builds`,
    breaks: ['a run with the same ingredients'],
    mutation: 'the build counts as content',
    edits: [
      {
        file: 'packages/image/src/documents.ts',
        find: '  const { [BUILD_LABEL]: _, ...labels } = config.config?.Labels ?? {}\n',
        replace: '  const labels = config.config?.Labels ?? {}\n',
      },
    ],
  },
  {
    scenario: 'image: only the model changed',
    suite: `${SUITES}/builds`,
    breaks: ['when only the model changes'],
    mutation: 'every layer is uploaded',
    edits: [
      {
        file: 'packages/image/src/push-image.ts',
        find: '.filter(({ digest }) => missing.has(digest))',
        replace: '.filter(() => missing.size >= 0)',
      },
    ],
  },
  {
    scenario: 'image: two retrains on one commit',
    suite: `${SUITES}/builds`,
    breaks: [
      'the first build',
      'when only the model changes',
      'two models on one commit',
      'a placeholder has no model',
    ],
    mutation: 'the tag says the commit alone',
    edits: [
      {
        file: 'packages/core/src/naming.ts',
        find: '`${sha.slice(0, 7)}-m${version}-${key.slice(0, 8)}`',
        replace: '`${sha.slice(0, 7)}-${key.slice(0, version - version)}`',
      },
    ],
  },
  {
    scenario: 'image: placeholder beyond dev',
    suite: `${SUITES}/builds`,
    breaks: ['a placeholder has no model'],
    mutation: 'a placeholder may go anywhere',
    edits: [
      {
        file: 'actions/build-push-image/src/spec.ts',
        find: "model !== PLACEHOLDER || environment === 'dev'",
        replace: 'model !== environment',
      },
    ],
  },
  {
    scenario: 'image: model is gone',
    suite: `${SUITES}/builds`,
    breaks: ['a model that is gone'],
    mutation: 'a missing model is an empty one',
    edits: [
      {
        file: 'actions/build-push-image/src/model.ts',
        find: '  if (archive === undefined)\n    throw',
        replace:
          '  if (archive === undefined) return { folder: workshop, files: [] }\n  if (archive.size < 0)\n    throw',
      },
    ],
  },
  {
    scenario: 'image: selector',
    suite: `${SUITES}/builds`,
    breaks: ['a group and a selector'],
    mutation: 'any package of the group will do',
    edits: [
      {
        file: 'actions/build-push-image/src/model.ts',
        find: 'selector === undefined ? [] : [selector]',
        replace: "selector === undefined ? [] : [{ kind: 'version', version: 1 }]",
      },
    ],
  },
  {
    scenario: 'image: dry run',
    suite: `${SUITES}/builds`,
    breaks: ['a dry run shows the image'],
    mutation: 'a dry run pushes',
    edits: [
      {
        file: 'actions/build-push-image/src/run.ts',
        find: '  if (inputs.dryRun)',
        replace: '  if (inputs.dryRun && there !== undefined)',
      },
    ],
  },
  {
    scenario: 'image: tag of another image',
    suite: `${SUITES}/refuses`,
    breaks: ['a tag of another image'],
    mutation: 'whatever has the tag is taken for ours',
    edits: [
      {
        file: 'actions/build-push-image/src/run.ts',
        find: '  if (isOurs) return found\n',
        replace: "  if (isOurs || tag !== '') return found\n",
      },
    ],
  },
  {
    scenario: 'image: base is missing',
    suite: `${SUITES}/refuses`,
    breaks: ['a base image that is not there', 'a base image that expired'],
    mutation: 'a missing base is none',
    edits: [
      {
        file: 'packages/image/src/base-image.ts',
        find: '  if (found !== undefined) return readImage(registry, base, found)\n',
        replace:
          "  if (found === undefined)\n    return { config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }, layers: [] }\n  if (found !== undefined) return readImage(registry, base, found)\n",
      },
    ],
  },
  {
    scenario: 'image: model is not approved',
    suite: `${SUITES}/refuses`,
    breaks: ['a model that is PendingManualApproval', 'a model that is Rejected'],
    mutation: 'any completed package is good',
    edits: [
      {
        file: 'packages/core/src/registry/approval.ts',
        find: "  if (found.status === 'Completed' && found.approvalStatus === 'Approved') return\n",
        replace: "  if (found.status === 'Completed') return\n",
      },
    ],
  },
  {
    scenario: 'image: model is unhealthy',
    suite: `${SUITES}/refuses`,
    breaks: ['a model that was found unhealthy'],
    mutation: 'health is not looked at',
    edits: [
      {
        file: 'actions/build-push-image/src/model.ts',
        find: '  if (!unhealthyIn(found).includes(environment)) return found\n',
        replace: '  if (unhealthyIn(found).length >= 0) return found\n',
      },
    ],
  },
  {
    scenario: 'image: model was replaced',
    suite: `${SUITES}/refuses`,
    breaks: ['a model that was replaced'],
    mutation: 'the digest is not compared',
    edits: [
      {
        file: 'actions/build-push-image/src/model.ts',
        find: '  if (archive.digest !== found.artifactDigest) throw',
        replace: "  if (archive.digest === '') throw",
      },
    ],
  },
  {
    scenario: 'image: hostile model',
    suite: `${SUITES}/refuses`,
    breaks: ['a model archive that leads out'],
    mutation: 'paths may lead out',
    edits: [
      {
        file: 'packages/image/src/unpack-model.ts',
        find: "  if (parts.includes('..')) throw",
        replace: "  if (parts.includes('...')) throw",
      },
    ],
  },
  {
    scenario: 'image: no model',
    suite: `${SUITES}/refuses`,
    breaks: ['a selector that fits nothing'],
    mutation: 'a placeholder is taken in its place',
    edits: [
      {
        file: 'actions/build-push-image/src/model.ts',
        find: '  return parsePackageArn(model) === undefined ? bySelector(model, inputs, ports)',
        replace:
          '  return parsePackageArn(model) === undefined ? bySelector(model, inputs, ports).catch(() => undefined)',
      },
    ],
  },
  {
    scenario: 'image: no engine',
    suite: `${SUITES}/refuses`,
    breaks: ['a Dockerfile without an engine'],
    mutation: 'the Dockerfile is overlooked',
    edits: [
      {
        file: 'packages/image/src/context-folder.ts',
        find: "existsSync(join(folder, 'Dockerfile'))",
        replace: "existsSync(join(folder, 'Containerfile'))",
      },
    ],
  },
  {
    scenario: 'image: secrets as build arguments',
    suite: `${SUITES}/refuses`,
    breaks: ['is refused as a build argument'],
    mutation: 'names are not looked at',
    edits: [
      {
        file: 'packages/core/src/image/build-args.ts',
        find: 'names.find((name) => SECRET.test(name))',
        replace: "names.find((name) => SECRET.test(name) && name === '')",
      },
    ],
  },
  {
    scenario: 'image: build arguments without a Dockerfile',
    suite: `${SUITES}/refuses`,
    breaks: ['build arguments that nothing would use'],
    mutation: 'they are dropped without a word',
    edits: [
      {
        file: 'actions/build-push-image/src/plan.ts',
        find: '  if (inputs.buildArgs !== undefined) throw',
        replace: '  if (inputs.buildArgs !== undefined && inputs.dryRun) throw',
      },
    ],
  },
  {
    scenario: 'image: vulnerable',
    suite: `${SUITES}/scans`,
    breaks: ['an image with a vulnerability', 'with fixable-only', 'an image that is re-used'],
    mutation: 'no finding forbids an image',
    edits: [
      {
        file: 'packages/core/src/image/scan-gate.ts',
        find: 'counting.filter((finding) => entryOf(finding) === undefined)',
        replace: "counting.filter((finding) => entryOf(finding) !== undefined && finding.id === '')",
      },
    ],
  },
  {
    scenario: 'image: severities',
    suite: `${SUITES}/scans`,
    breaks: ['an image with a vulnerability', 'severities that are not named'],
    mutation: 'every severity counts',
    edits: [
      {
        file: 'packages/core/src/image/scan-gate.ts',
        find: '    .filter(({ severity }) => policy.severities.includes(severity))\n',
        replace: '',
      },
    ],
  },
  {
    scenario: 'image: each state of a scan',
    suite: `${SUITES}/scans`,
    breaks: ['a scan that ends as'],
    mutation: 'a scan that says nothing has found nothing',
    edits: [
      {
        file: 'packages/image/src/findings.ts',
        find: 'if (!COMPLETE.has(status)) return',
        replace: "if (!COMPLETE.has(status) && status === '') return",
      },
    ],
  },
  {
    scenario: 'image: scan without end',
    suite: `${SUITES}/scans`,
    breaks: ['a scan that stays'],
    mutation: 'a scan that takes long has found nothing',
    edits: [
      {
        file: 'actions/build-push-image/src/scan.ts',
        find: "return { kind: 'void', status: TIMED_OUT, description:",
        replace: "return { kind: 'complete', findings: [], status: TIMED_OUT, description:",
      },
    ],
  },
  {
    scenario: 'image: no more scans today',
    suite: `${SUITES}/scans`,
    breaks: ['when ECR starts no scan'],
    mutation: 'a limit is waited for',
    edits: [{ file: 'packages/image/src/ecr-registry.ts', find: "return 'limited'", replace: "return 'by-itself'" }],
  },
  {
    scenario: 'image: scan none',
    suite: `${SUITES}/scans`,
    breaks: ['with scan: none'],
    mutation: 'a scan is always asked for',
    edits: [
      {
        file: 'actions/build-push-image/src/scan.ts',
        find: "  if (inputs.scan === 'none') return NOT_SCANNED\n",
        replace: '',
      },
    ],
  },
  {
    scenario: 'image: ignore file',
    suite: `${SUITES}/scans`,
    breaks: ['an ignored vulnerability'],
    mutation: 'nothing is ignored',
    edits: [
      {
        file: 'packages/core/src/image/scan-gate.ts',
        find: 'policy.ignored.find(({ id }) => id === finding.id)',
        replace: 'policy.ignored.find(({ id }) => id === finding.package)',
      },
    ],
  },
  {
    scenario: 'image: expired entry',
    suite: `${SUITES}/scans`,
    breaks: ['an entry that has expired'],
    mutation: 'entries never expire',
    edits: [
      {
        file: 'packages/data/src/ignore-file/read-ignore-file.ts',
        find: '  if (last < now)\n',
        replace: '  if (last < now - LONGEST_DAYS)\n',
      },
    ],
  },
  {
    scenario: 'image: fixable only',
    suite: `${SUITES}/scans`,
    breaks: ['with fixable-only'],
    mutation: 'what is not known to be curable passes',
    edits: [
      { file: 'packages/core/src/image/scan-gate.ts', find: '|| fixable !== false)', replace: '|| fixable === true)' },
    ],
  },
  {
    scenario: 'image: found since',
    suite: `${SUITES}/scans`,
    breaks: ['an image that is re-used'],
    mutation: 'an image is judged once',
    edits: [
      {
        file: 'actions/build-push-image/src/run.ts',
        find: '    const scan = await judge(job, there.digest, NOTHING, ports, context)\n',
        replace: '    const scan = NOT_SCANNED\n',
      },
    ],
  },
  {
    scenario: 'image: lost upload',
    suite: `${SUITES}/faults`,
    breaks: ['every operation meets lost-response'],
    mutation: 'an upload that ECR no longer knows is an error',
    edits: [
      {
        file: 'packages/image/src/upload-blob.ts',
        find: "if (nameOf(error) !== 'UploadNotFoundException') throw error",
        replace: 'throw error',
      },
    ],
  },
  {
    scenario: 'image: lost part',
    suite: `${SUITES}/faults`,
    breaks: ['every operation meets lost-response', 'a layer of several parts'],
    mutation: 'ECR is not asked how far it is',
    edits: [
      {
        file: 'packages/image/src/upload-blob.ts',
        find: '  return last === undefined ? undefined : last + 1\n',
        replace: '  return last === undefined ? last : undefined\n',
      },
    ],
  },
  {
    scenario: 'image: passing faults',
    suite: `${SUITES}/faults`,
    breaks: [
      'every operation meets throttle',
      'every operation meets 500',
      'every operation meets reset',
      'every operation meets lost-response',
    ],
    mutation: 'downloads are not repeated',
    edits: [
      {
        file: 'packages/image/src/download.ts',
        find: '  retry(async () => {',
        replace: '  (async (call: () => Promise<T>) => call())(async () => {',
      },
    ],
  },
  {
    scenario: 'image: operations',
    suite: `${SUITES}/faults`,
    breaks: ['these are all the operations'],
    mutation: 'somebody else is asked too',
    edits: [
      {
        file: 'actions/build-push-image/src/run.ts',
        find: '  const repository = await repositoryOf(inputs, ports)\n',
        replace: '  const repository = await repositoryOf(inputs, ports)\n  await ports.images.login()\n',
      },
    ],
  },
  {
    scenario: 'image: cancelled',
    suite: `${SUITES}/cancels`,
    breaks: ['cancelled in StartImageScan'],
    mutation: 'the tag is put before the scan',
    edits: [
      {
        file: 'actions/build-push-image/src/run.ts',
        find: '  const scan = await judge(job, manifest.digest, sent, ports, context)\n  context',
        replace:
          '  await ports.images.put(repository, manifest, plan.tag)\n  const scan = await judge(job, manifest.digest, sent, ports, context)\n  context',
      },
    ],
  },
  {
    scenario: 'image: cancelled, on the machine',
    suite: `${SUITES}/cancels`,
    breaks: ['cancelled in UploadLayerPart', 'cancelled in StartImageScan'],
    mutation: 'the workshop is left',
    edits: [
      {
        file: 'actions/build-push-image/src/run.ts',
        find: '    closeWorkshop(workshop)\n',
        replace: '',
      },
    ],
  },
  {
    scenario: 'image: killed',
    suite: `${SUITES}/cancels`,
    breaks: ['a step that is killed'],
    mutation: 'post clears nothing away',
    edits: [
      {
        file: 'actions/build-push-image/src/cleanup.ts',
        find: '  if (folder !== undefined) closeWorkshop(folder)\n',
        replace: '',
      },
    ],
  },
  {
    scenario: 'image: engine',
    suite: `${SUITES}/engine`,
    breaks: ['an engine builds a Dockerfile'],
    mutation: 'the engine is not given the build arguments',
    edits: [
      {
        file: 'packages/image/src/engine.ts',
        find: "      ...pairs('--build-arg', buildArgs),\n",
        replace: '',
      },
    ],
  },
  {
    scenario: 'image: engine, again',
    suite: `${SUITES}/engine`,
    breaks: ['the same ingredients are not built again'],
    mutation: 'an image of the engine is never the same',
    edits: [
      {
        file: 'actions/build-push-image/src/plan.ts',
        find: 'config?.Labels?.[CONTENT_LABEL] === content',
        replace: 'config?.Labels?.[CONTENT_LABEL] === `${content}.`',
      },
    ],
  },
  {
    scenario: 'image: words of the engine',
    suite: `${SUITES}/engine`,
    breaks: ['what the engine says when it fails'],
    mutation: 'its words may be commands',
    edits: [
      {
        file: 'packages/image/src/engine.ts',
        find: '  log.foreign(lines)\n',
        replace: '  for (const line of lines) log.info(line)\n',
      },
    ],
  },
]
