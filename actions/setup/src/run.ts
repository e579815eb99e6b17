import { matchesGlob } from 'node:path'
import type { Context, Outcome } from '@mlops/action-kit'
import { buildId, type Plan, planRun } from '@mlops/core'
import type { Inputs, Spec } from './spec.ts'
import { type ChangedPaths, type Event, eventIdOf, triggerOf } from './trigger.ts'

export interface Ports {
  readonly event: Event
  readonly changedPaths: ChangedPaths
}

const sentence = ({ environment, train, deploy, because }: Plan) =>
  `${environment}: ${train ? 'trains' : 'does not train'} (${because}), ${deploy ? 'deploys' : 'does not deploy'}.`

/** Plans this run. Throws E-EVENT for an event the pipeline does not know, E-GITHUB when GitHub can't be asked. */
export const run = async (
  inputs: Inputs,
  { event, changedPaths }: Ports,
  { identity, log }: Pick<Context, 'identity' | 'log'>,
): Promise<Outcome<Spec>> => {
  const isTrainingPath = (path: string) => inputs.trainingPaths.some((glob) => matchesGlob(path, glob))
  const plan = planRun(await triggerOf(event, inputs, isTrainingPath, changedPaths))
  const headline = sentence(plan)
  log.info(headline)
  const id = buildId(identity.runNumber, identity.sha)
  return {
    status: 'planned',
    verdict: 'ok',
    outputs: {
      'build-id': id,
      environment: plan.environment,
      'should-train': String(plan.train),
      'should-deploy': String(plan.deploy),
      model: inputs.model,
      because: plan.because,
      'event-id': eventIdOf(event),
    },
    report: {
      headline,
      blocks: [
        {
          kind: 'facts',
          facts: [
            ['build', id],
            ['model', inputs.model],
            ['event', event.name],
            ['ref', event.ref],
          ],
        },
      ],
    },
  }
}
