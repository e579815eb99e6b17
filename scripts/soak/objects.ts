import { type ManifestObject, modelServer, type WorkloadParts } from '@mlops/testing'
import type { PlannedRollout, Trouble } from './plan.ts'

/** Ready at once, then not for two seconds, then for good. */
const FLAPPING = `
const http = require('node:http')
const { HOST, PORT } = process.env
process.on('SIGTERM', () => process.exit(0))
let first
http.createServer((request, response) => {
  first ??= Date.now()
  const since = Date.now() - first
  response.statusCode = since > 500 && since < 2500 ? 503 : 200
  response.end()
}).listen(Number(PORT), HOST)
`

const FAILS_FIRST = 'test -e /state/tried || { touch /state/tried; exit 1; }; exec node /app/service.cjs'

const SLOW = (ms: number) => ({ name: 'START_MS', value: String(ms) })

/** What a node has to have before the pods of this rollout may go there. */
export const nodeLabel = ({ namespace, round }: Round, name: string): string => `soak/${namespace}-${round}-${name}`

/** Where and as the how manieth step a release is rolled out. */
export interface Round {
  readonly namespace: string
  readonly round: number
}

type Parts = WorkloadParts & { readonly env?: readonly object[] }

const partsOf = ({ name, trouble, ms }: PlannedRollout, at: Round): Parts => {
  const byTrouble: Readonly<Record<Trouble, Parts>> = {
    nothing: {},
    throttled: {},
    unavailable: {},
    // Long enough to be met before it is ready.
    killed: { env: [SLOW(1500)] },
    evicted: { env: [SLOW(1500)] },
    'crashed-once': {
      container: { command: ['sh', '-c', FAILS_FIRST], volumeMounts: [{ name: 'state', mountPath: '/state' }] },
      pod: { volumes: [{ name: 'state', emptyDir: {} }] },
    },
    unscheduled: { pod: { nodeSelector: { [nodeLabel(at, name)]: 'yes' } } },
    slow: { env: [SLOW(ms)] },
    flapping: {
      container: {
        command: ['node', '-e', FLAPPING],
        readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1, failureThreshold: 1 },
      },
      spec: { minReadySeconds: 4 },
    },
  }
  return byTrouble[trouble]
}

/** The release of a step: each rollout is one of a Deployment whose pods are told the number of the round. */
export const releaseOf = (
  rollouts: readonly PlannedRollout[],
  images: ReadonlyMap<string, string>,
  at: Round,
): readonly ManifestObject[] =>
  rollouts.flatMap((rollout) => {
    const { env = [], container, ...parts } = partsOf(rollout, at)
    const { name, replicas } = rollout
    return modelServer(name, images.get(name) ?? '', {
      ...parts,
      replicas,
      // In a label of the pods, by which those of this round are found.
      labels: { round: String(at.round) },
      container: { env, imagePullPolicy: 'Always', ...container },
    })
  })
