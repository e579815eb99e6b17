import type { KubernetesObject } from '@mlops/core'
import { fieldsOf, textOf } from '../fields.ts'

const KIND = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }

export const leaseReference = (namespace: string, release: string) => ({
  ...KIND,
  namespace,
  // Never renamed: an older version of the suite would not see the lock of a newer one.
  name: `mlops-deploy-${release}`,
})

export interface LeaseFacts {
  /** Empty when nobody holds it. */
  readonly holder: string
  /** Counts up at every new holder. */
  readonly transitions: number
  readonly acquireTime: string
  readonly renewTime: string
}

/** What a Lease says; total. */
export const leaseFacts = ({ spec }: KubernetesObject): LeaseFacts => {
  const { holderIdentity, leaseTransitions, acquireTime, renewTime } = fieldsOf(spec)
  return {
    holder: textOf(holderIdentity) ?? '',
    transitions: typeof leaseTransitions === 'number' ? leaseTransitions : 0,
    acquireTime: textOf(acquireTime) ?? 'an unknown time',
    renewTime: textOf(renewTime) ?? 'never',
  }
}

/** The Lease as its holder writes it: on what was found, so that nothing that others keep there is lost. */
export const leaseHeldBy = (
  found: KubernetesObject | undefined,
  reference: ReturnType<typeof leaseReference>,
  facts: LeaseFacts,
  seconds: number,
): KubernetesObject => {
  const { namespace, name, ...kind } = reference
  const { holder, transitions, acquireTime, renewTime } = facts
  return {
    ...found,
    ...kind,
    metadata: found?.metadata ?? { namespace, name },
    spec: {
      ...fieldsOf(found?.['spec']),
      holderIdentity: holder,
      leaseDurationSeconds: seconds,
      leaseTransitions: transitions,
      acquireTime,
      renewTime,
    },
  }
}
