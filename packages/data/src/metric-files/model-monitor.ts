import type { MetricValue, Task } from '@mlops/core'
import { isObject, type Json, type JsonObject, objectAt } from './document.ts'
import { figureOf, metricName, needFigure, nestedConfusion, rowsOf, withError } from './figures.ts'
import { known, type MetricFormat, type Reading } from './metric-format.ts'

const KINDS: readonly (readonly [key: string, task: Task])[] = [
  ['regression_metrics', 'regression'],
  ['binary_classification_metrics', 'binary'],
  ['multiclass_classification_metrics', 'multiclass'],
]

/** `weighted_recall` is scikit-learn's recall with average='weighted'. */
const nameOf = (key: string) => metricName(key.replace(/^weighted_(precision|recall|f1)$/, '$1_weighted'))

const statisticsOf = (document: Json): JsonObject | undefined =>
  [document, objectAt(document, 'model_quality')].find(
    (part): part is JsonObject => isObject(part) && KINDS.some(([key]) => isObject(part[key])),
  )

const metricsOf = (metrics: JsonObject, path: string, { fault }: Reading): Readonly<Record<string, MetricValue>> =>
  Object.fromEntries(
    Object.entries(metrics).flatMap(([key, entry]) =>
      // Curves and the confusion matrix have no value.
      isObject(entry) && 'value' in entry
        ? [
            [
              nameOf(key),
              withError(needFigure(`${path}.${key}.value`, entry['value'], fault), entry['standard_deviation']),
            ],
          ]
        : [],
    ),
  )

/**
 * statistics.json of SageMaker Model Monitor and of QualityCheck steps. Developer guide, "Model quality metrics and Amazon
 * CloudWatch monitoring": its example's recall follows only when the outer keys of the confusion matrix are the truth.
 */
export const modelMonitor: MetricFormat = {
  name: 'model-monitor',
  title: 'statistics.json of SageMaker Model Monitor or QualityCheck',
  recognises: (document) => statisticsOf(document) !== undefined,
  read: (document, reading) => {
    const statistics = statisticsOf(document) ?? {}
    const [key, task] = KINDS.find(([one]) => isObject(statistics[one])) ?? ['', undefined]
    const metrics = objectAt(statistics, key) ?? {}
    const confusion = nestedConfusion(metrics['confusion_matrix'])
    return known({
      task,
      metrics: metricsOf(metrics, key, reading),
      perClass: {},
      confusion,
      rows: figureOf(objectAt(statistics, 'dataset')?.['item_count']) ?? rowsOf(confusion),
    })
  },
}

/** Its bounds are no figures of a model. */
export const isConstraints = (document: Json): boolean =>
  isObject(document) &&
  Object.keys(document).some((key) => /^(regression|(binary|multiclass)_classification)_constraints$/.test(key))
