import type { AwsStatement, Spec } from '../define-action.ts'

interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: AwsStatement['conditions']
}

export interface Policy {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

/** The least-privilege policy of an action. `<name>` stands where the reader's own value goes. */
export const policyOf = ({ permissions }: Spec): Policy => ({
  Version: '2012-10-17',
  Statement: permissions.aws.map(({ sid, actions, resources, conditions }) => ({
    Sid: sid,
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
    ...(conditions === undefined ? {} : { Condition: conditions }),
  })),
})

/** Puts values in the place of `<name>`; throws when one is not known, so that no half-filled policy is used. */
export const fillPolicy = (policy: Policy, values: Readonly<Record<string, string>>): Policy =>
  JSON.parse(
    JSON.stringify(policy).replaceAll(/<([a-z-]+)>/g, (_, name: string) => {
      const value = values[name]
      if (value === undefined) throw new Error(`the policy names <${name}>, for which there is no value`)
      return value
    }),
  ) as Policy
