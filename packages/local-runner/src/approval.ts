// https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments#required-reviewers
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 100

/** Waits until an environment's jobs may go on, that is until its file is there. False when the job was cancelled before. */
export const approved = async (file: string | undefined, cancelled: AbortSignal): Promise<boolean> => {
  const isOpen = () => file === undefined || existsSync(file)
  while (!isOpen()) {
    if (cancelled.aborted) return false
    await sleep(POLL_MS)
  }
  return true
}
