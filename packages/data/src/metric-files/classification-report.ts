import type { MetricValue } from '@mlops/core'
import { isObject, objectAt } from './document.ts'
import { figureOf, metricName, needFigure } from './figures.ts'
import { known, type MetricFormat } from './metric-format.ts'

const AVERAGES: Readonly<Record<string, string>> = {
  'macro avg': 'macro',
  'weighted avg': 'weighted',
  'micro avg': 'micro',
  'samples avg': 'samples',
}
const FIGURES: Readonly<Record<string, string>> = {
  precision: 'precision',
  recall: 'recall',
  'f1-score': 'f1',
  support: 'support',
}

/** What scikit-learn's `classification_report(output_dict=True)` returns. Without `accuracy` there is none: micro averages differ. */
export const classificationReport: MetricFormat = {
  name: 'sklearn',
  title: "scikit-learn's classification_report(output_dict=True)",
  recognises: (document) =>
    objectAt(document, 'macro avg') !== undefined && objectAt(document, 'weighted avg') !== undefined,
  read: (document, { fault }) => {
    const entries = Object.entries(isObject(document) ? document : {})
    const figures = (name: string) =>
      Object.entries(FIGURES).flatMap(([key, figure]): (readonly [string, MetricValue])[] => {
        const value = objectAt(document, name)?.[key]
        return value === undefined ? [] : [[figure, { value: needFigure(`${name}.${key}`, value, fault) }]]
      })
    const averaged = entries.flatMap(([name]) =>
      figures(name)
        .filter(([figure]) => AVERAGES[name] !== undefined && figure !== 'support')
        .map(([figure, value]) => [`${figure}_${AVERAGES[name]}`, value] as const),
    )
    const single = entries
      .filter(([, value]) => !isObject(value))
      .map(([name, value]) => [metricName(name), { value: needFigure(name, value, fault) }] as const)
    const classes = entries.filter(([name, value]) => isObject(value) && AVERAGES[name] === undefined)
    return known({
      task: undefined,
      metrics: Object.fromEntries([...single, ...averaged]),
      perClass: Object.fromEntries(classes.map(([name]) => [name, Object.fromEntries(figures(name))])),
      confusion: undefined,
      rows: figureOf(objectAt(document, 'macro avg')?.['support']),
    })
  },
}
