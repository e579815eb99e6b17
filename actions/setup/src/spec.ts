import { defineAction, input, type InputsOf, output } from '@mlops/action-kit'
import { ENVIRONMENTS } from '@mlops/core'

export const spec = defineAction({
  id: 'setup',
  name: 'Plan the pipeline run',
  description: 'Decides from the event which environment this run belongs to, and whether it trains and deploys.',
  branding: { icon: 'compass', color: 'blue' },
  inputs: {
    environment: input.oneOf(ENVIRONMENTS, {
      help: 'Environment asked for by hand. Counts for workflow_dispatch only.',
      default: 'dev',
    }),
    'retrain-model': input.boolean({ help: 'Train, when dispatched by hand.', default: 'false' }),
    'deploy-only': input.boolean({
      help: 'Deploy what is approved without training, when dispatched by hand.',
      default: 'false',
    }),
    model: input.matching(/^[a-z0-9](-?[a-z0-9])*$/, 'lower-case letters, digits and inner hyphens', {
      help: 'Name of the model; an event about another model is an error.',
      required: true,
    }),
    'training-paths': input.list({
      help: 'Globs of the files that training depends on; a push that touches none of them does not train.',
      required: true,
    }),
    'github-token': input.string({
      help: 'Token to ask GitHub what a push changed.',
      default: '${{ github.token }}',
      secret: true,
    }),
  },
  outputs: {
    'build-id': output.string('`build-<run number>-<commit>`.'),
    environment: output.string('`dev`, `staging` or `prod`.'),
    'should-train': output.boolean('Whether this run trains.'),
    'should-deploy': output.boolean('Whether this run deploys.'),
    model: output.string('Name of the model.'),
    because: output.string('One sentence: why it trains or not.'),
    'event-id': output.string('Id that the sender gave to a data-changed event.'),
  },
  permissions: {
    aws: [],
    token: [{ scope: 'contents', access: 'read', why: 'to ask which files a push changed' }],
  },
})

export type Inputs = InputsOf<typeof spec>
export type Spec = typeof spec
