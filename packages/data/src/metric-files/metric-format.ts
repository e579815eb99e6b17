import type { MetricFile } from '@mlops/core'
import type { Json } from './document.ts'
import type { Fault } from './figures.ts'

/** What a format tells of its file. */
export type Figures = Omit<MetricFile, 'source' | 'format'>

export interface Reading {
  readonly source: string
  /** The gate file's word on which model counts. */
  readonly model?: string
  readonly fault: Fault
}

/** A format of metric files, known by its shape. */
export interface MetricFormat {
  /** As `format` in a gate file. */
  readonly name: string
  readonly title: string
  readonly recognises: (document: Json) => boolean
  readonly read: (document: Json, reading: Reading) => Figures
}

/** Without what is not known. */
export const known = (figures: { readonly [K in keyof Figures]: Figures[K] | undefined }): Figures =>
  Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined)) as unknown as Figures
