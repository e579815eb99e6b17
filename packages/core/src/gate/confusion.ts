import type { Confusion, Evidence, JointTable } from './evidence.ts'

const counted = (labels: readonly string[], joint: JointTable, side: 'candidate' | 'champion'): Confusion => {
  const counts = labels.map(() => labels.map(() => 0))
  for (const [cell, count] of joint.counts.entries()) {
    const row = counts[joint.truth[cell] ?? 0]
    const column = joint[side][cell] ?? 0
    if (row !== undefined) row[column] = (row[column] ?? 0) + count
  }
  return { labels, counts }
}

/** The confusion matrix of a model: counted from the predictions where there are any, else as its file has it. */
export const confusionFor = ({ scored, ...files }: Evidence, side: 'candidate' | 'champion'): Confusion | undefined => {
  if (scored === undefined) return files[side]?.confusion
  const { joint } = scored.whole
  return joint === undefined || joint[side].length === 0 ? undefined : counted(scored.labels, joint, side)
}
