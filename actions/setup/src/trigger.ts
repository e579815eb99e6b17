import { ActionError, ENVIRONMENTS, type EnvironmentName, type Trigger } from '@mlops/core'
import type { Inputs } from './spec.ts'

type Json = Readonly<Record<string, unknown>>

export interface Event {
  readonly name: string
  readonly ref: string
  readonly payload: Json
}

/** Answers which paths a push changed; undefined when that cannot be told. */
export type ChangedPaths = (base: string, head: string) => Promise<readonly string[] | undefined>

const refuse = (what: string, why: string, hint: string) =>
  new ActionError({ code: 'E-EVENT', kind: 'user', what, why, hint })

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The SHA that GitHub sends as the state before a push that creates a branch. */
const NO_COMMIT = '0'.repeat(40)

const afterPush = async (
  { ref, payload }: Event,
  isTrainingPath: (path: string) => boolean,
  changedPaths: ChangedPaths,
): Promise<Trigger> => {
  const [before, after] = [text(payload['before']), text(payload['after'])]
  const known = before !== '' && before !== NO_COMMIT && after !== ''
  const changed = known ? await changedPaths(before, after) : undefined
  return { kind: 'push', ref, trainingPathsChanged: changed?.filter(isTrainingPath) }
}

const environmentNamed = (name: string): EnvironmentName => {
  const found = ENVIRONMENTS.find((environment) => environment === name)
  if (found !== undefined) return found
  throw refuse(
    `the event names the environment "${name}"`,
    `this pipeline has ${ENVIRONMENTS.join(', ')}`,
    'send client_payload.environment with one of them',
  )
}

const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})

const whenDataChanged = ({ payload }: Event, model: string): Trigger => {
  if (payload['action'] !== 'data-changed')
    throw refuse(
      `repository_dispatch of type "${text(payload['action'])}"`,
      'this pipeline hears data-changed only',
      'send event_type data-changed',
    )
  const sent = record(payload['client_payload'])
  if (text(sent['model']) !== model)
    throw refuse(
      `the event is about the model "${text(sent['model'])}"`,
      `this pipeline trains ${model}`,
      'send client_payload.model with its name, or start the pipeline of the other model',
    )
  if (text(sent['event-id']) === '')
    throw refuse(
      'the event has no event-id',
      'without it a repeated delivery cannot be told from a new change',
      'send client_payload.event-id',
    )
  return { kind: 'data-changed', environment: environmentNamed(text(sent['environment'])) }
}

/** Reduces the event to what the plan depends on. Throws E-EVENT for anything this pipeline does not know. */
export const triggerOf = async (
  event: Event,
  inputs: Pick<Inputs, 'environment' | 'retrainModel' | 'deployOnly' | 'model'>,
  isTrainingPath: (path: string) => boolean,
  changedPaths: ChangedPaths,
): Promise<Trigger> => {
  switch (event.name) {
    case 'pull_request':
      return { kind: 'pull-request' }
    case 'push':
      return afterPush(event, isTrainingPath, changedPaths)
    case 'schedule':
      return { kind: 'schedule' }
    case 'workflow_dispatch':
      return { kind: 'dispatch', ...inputs }
    case 'repository_dispatch':
      return whenDataChanged(event, inputs.model)
    default:
      throw refuse(
        `the event ${event.name} started this run`,
        'the pipeline has no plan for it',
        'start it by push, pull request, schedule, workflow_dispatch or repository_dispatch',
      )
  }
}

/** The id that the sender of a data-changed event gave it; empty for any other event. */
export const eventIdOf = ({ name, payload }: Event): string =>
  name === 'repository_dispatch' ? text(record(payload['client_payload'])['event-id']) : ''
