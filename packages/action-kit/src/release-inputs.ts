import { ENVIRONMENTS } from '@mlops/core'
import { input } from './input.ts'

/** A DNS label (RFC 1123), the form of a namespace; of a release a shorter one, as other names are made from it. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const SHORT_LABEL = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/

/** The inputs of every action that works on a release in a cluster. */
export const releaseInputs = {
  cluster: input.string({ help: 'Name of the EKS cluster. Neither the AWS CLI nor a kubeconfig is needed.' }),
  kubeconfig: input.string({
    help: 'Another cluster than one of EKS: path or content of a kubeconfig. A program that it names for the login is run.',
    secret: true,
  }),
  namespace: input.matching(LABEL, 'the name of a namespace', {
    help: 'Namespace of all objects that name none.',
    required: true,
  }),
  release: input.matching(SHORT_LABEL, 'at most 40 lower-case letters, digits and inner hyphens', {
    help: 'Name under which the objects belong together: locked, recorded and rolled back as one.',
    required: true,
  }),
  environment: input.oneOf(ENVIRONMENTS, { help: 'Environment that it is deployed to, for the record.' }),
  'lock-timeout': input.duration({
    help: 'How long to wait for another writer of the same release. The lock of a lost one ends after a minute.',
    default: '5m',
  }),
} as const
