export interface Output {
  readonly kind: string
  readonly help: string
}

const make =
  (kind: string) =>
  (help: string): Output => ({ kind, help })

/** The kinds of value an action gives. All reach the runner as text; the kind is what the reader may expect in it. */
export const output = {
  string: make('string'),
  boolean: make('boolean'),
  number: make('number'),
  json: make('JSON'),
  arn: make('ARN'),
  s3Uri: make('S3 URI'),
  url: make('URL'),
  path: make('path'),
} as const
