/**
 * Hyperparameters as the user gave them: `json` values come from a JSON document and have a type, `text` values come from
 * lines and are what they look like.
 */
export type Hyperparameter =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'text'; readonly value: string }
export type Hyperparameters = Readonly<Record<string, Hyperparameter>>

export const HYPERPARAMETER_LIMITS = { count: 100, name: 256, value: 2500 } as const
/** What script mode adds by itself. */
export const SCRIPT_MODE_COUNT = 5

const decodes = (text: string) => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const asText = (parameter: Hyperparameter, scriptMode: boolean): string => {
  if (parameter.kind === 'text') return parameter.value
  if (typeof parameter.value !== 'string') return JSON.stringify(parameter.value)
  // The training toolkit decodes every value as JSON and falls back to the text (sagemaker-training-toolkit, mapping.py),
  // so the string "10" would reach the script as a number.
  return scriptMode && decodes(parameter.value) ? JSON.stringify(parameter.value) : parameter.value
}

/** The string map that CreateTrainingJob takes. */
export const hyperparameterTexts = (given: Hyperparameters, scriptMode: boolean): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(given).map(([name, parameter]) => [name, asText(parameter, scriptMode)]))

/** All that SageMaker would refuse about the hyperparameters, one sentence each. */
export const hyperparameterFaults = (given: Hyperparameters, scriptMode: boolean): readonly string[] => {
  const limit = HYPERPARAMETER_LIMITS.count - (scriptMode ? SCRIPT_MODE_COUNT : 0)
  const texts = Object.entries(hyperparameterTexts(given, scriptMode))
  return [
    ...(texts.length > limit ? [`there are ${texts.length}, at most ${limit} fit`] : []),
    ...texts.flatMap(([name, text]) => [
      ...(name.length > HYPERPARAMETER_LIMITS.name
        ? [
            `the name ${name.slice(0, 20)}... has ${name.length} characters, at most ${HYPERPARAMETER_LIMITS.name} are allowed`,
          ]
        : []),
      ...(text.length > HYPERPARAMETER_LIMITS.value
        ? [`${name.slice(0, 40)} has ${text.length} characters, at most ${HYPERPARAMETER_LIMITS.value} are allowed`]
        : []),
    ]),
  ]
}

export interface ScriptMode {
  readonly program: string
  readonly submitDirectory: string
  readonly region: string
  readonly jobName: string
}

/** The hyperparameters by which the framework images find the user's script (sagemaker-python-sdk, estimator.py). */
export const scriptModeParameters = ({
  program,
  submitDirectory,
  region,
  jobName,
}: ScriptMode): Readonly<Record<string, string>> => ({
  sagemaker_program: JSON.stringify(program),
  sagemaker_submit_directory: JSON.stringify(submitDirectory),
  sagemaker_region: JSON.stringify(region),
  sagemaker_job_name: JSON.stringify(jobName),
  sagemaker_container_log_level: '20',
})
