import type { Report } from '@mlops/core'
import type { Input } from './input.ts'
import type { Output } from './output.ts'
import type { Rule } from './rules.ts'

/** One statement of the least-privilege policy. `<name>` in a resource is filled in by whoever creates the role. */
export interface AwsStatement {
  readonly sid: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
  readonly why: string
}

/** One right in the cluster, in the words of RBAC. */
export interface ClusterStatement {
  readonly sid: string
  /** API groups; the core group is the empty text. */
  readonly groups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
  /** About objects that belong to no namespace; without it the right ends at the namespace. */
  readonly clusterWide?: true
  readonly why: string
}

export interface TokenPermission {
  readonly scope: string
  readonly access: 'read' | 'write'
  readonly why: string
}

export interface Spec {
  /** Its folder below actions/, and its name in result.json, paths and policies. */
  readonly id: string
  /** The title that GitHub shows. */
  readonly name: string
  readonly description: string
  readonly branding: { readonly icon: string; readonly color: string }
  readonly inputs: Readonly<Record<string, Input<unknown, boolean>>>
  readonly outputs: Readonly<Record<string, Output>>
  readonly rules?: readonly Rule[]
  readonly permissions: {
    readonly aws: readonly AwsStatement[]
    readonly token: readonly TokenPermission[]
    readonly cluster?: readonly ClusterStatement[]
  }
  /** Has a cleanup that must run after the job, also when the main process was killed. */
  readonly post?: true
}

type Camel<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S
type ValueOf<I> = I extends Input<infer T, infer Present> ? (Present extends true ? T : T | undefined) : never

export type InputsOf<S extends Pick<Spec, 'inputs'>> = {
  readonly [K in keyof S['inputs'] & string as Camel<K>]: ValueOf<S['inputs'][K]>
}

/** Outputs that `start` fills in for every action. */
export type CommonOutput = 'status' | 'failure-class' | 'result-path'
export type OutputsOf<S extends Pick<Spec, 'outputs'>> = {
  readonly [K in Exclude<keyof S['outputs'] & string, CommonOutput>]?: string
}

export interface Outcome<S extends Pick<Spec, 'outputs'>> {
  /** Kebab-case word for how it ended, given as output `status`. */
  readonly status: string
  readonly outputs: OutputsOf<S>
  readonly report: Report
  /** `rejected` and `inconclusive` leave the step green and are shown as a warning. */
  readonly verdict: 'ok' | 'rejected' | 'inconclusive'
}

/** Keeps the literal types of the spec, from which inputs, outputs, action.yml, docs and policy are derived. */
export const defineAction = <const S extends Spec>(spec: S): S => spec
