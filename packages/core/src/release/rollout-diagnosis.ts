import type { Diagnosis, Sighting } from './diagnosis.ts'
import { eventSightings, type Finding } from './failure-classes/finding.ts'
import { rankOf, SIGNS } from './failure-classes/signs.ts'
import { objectName } from './kubernetes-object.ts'
import type { Seen } from './rollout-findings.ts'

const SIGHTINGS = 12
const SENTENCE = 500

/** One line of its own for what the cluster said inside of a sentence: no line ends, no escapes, not too long. */
const oneLine = (text: string): string => {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
  return line.length > SENTENCE ? `${line.slice(0, SENTENCE - 1)}…` : line
}

/** Findings with the most specific first. */
const ranked = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((a, b) => rankOf(a.sign) - rankOf(b.sign))

/** The most specific of some findings as a diagnosis, which tells how many more pods fare the same; none of none. */
export const diagnosisOf = (findings: readonly Finding[]): Diagnosis | undefined => {
  const [first] = ranked(findings)
  if (first === undefined) return undefined
  const { failureClass } = SIGNS[first.sign]
  const same = ranked(findings).filter(({ sign }) => SIGNS[sign].failureClass === failureClass)
  const more = new Set(same.map(({ pod }) => pod?.metadata.uid)).size - 1
  const others = more > 0 ? `, and ${more} more of its pods fare the same` : ''
  return {
    failureClass,
    object: first.object,
    sentence: `${oneLine(`${objectName(first.object)}: ${first.what}${others}`)}.`,
    advice: first.advice,
    sightings: same.flatMap(({ sightings }) => sightings).slice(0, SIGHTINGS),
    ...(first.container === undefined ? {} : { container: first.container }),
  }
}

/** How a workload is late. */
export interface Late {
  readonly failureClass: 'progress-deadline' | 'timeout'
  /** A clause: `it made no progress for 600 s`. */
  readonly what: string
  readonly sightings: Diagnosis['sightings']
}

/** What a workload that is late fails of: the best that is known, else that it is late. */
export const lateDiagnosis = ({ scene, progress, findings }: Seen, late: Late): Diagnosis => {
  const known = diagnosisOf(findings) ?? {
    failureClass: 'timeout',
    object: scene.expected.reference,
    sentence: `${progress.line}.`,
    advice:
      'Nothing shows why: look at its pods with kubectl describe, or give it longer (timeout, progressDeadlineSeconds).',
    sightings: [],
  }
  const warnings = [...scene.mine, ...(scene.maker === undefined ? [] : [scene.maker])]
    .flatMap((object) => scene.eventsOf(object))
    .filter(({ type }) => type === 'Warning')
  const told = [...known.sightings, ...late.sightings]
  const isNew = ({ from, message }: Sighting) => !told.some((one) => one.from === from && one.message === message)
  const sightings = [...told, ...eventSightings(warnings).filter(isNew)].slice(0, SIGHTINGS)
  if (known.failureClass !== 'timeout') return { ...known, sightings }
  return {
    ...known,
    failureClass: late.failureClass,
    sentence: `${known.sentence.slice(0, -1)}; ${late.what}.`,
    sightings,
  }
}
