import * as core from '@actions/core'
import type { State } from '@mlops/core'

const MAIN_STARTED = 'main-started'

/** The runner reads the state file even when the step was killed (actions/runner, ActionRunner.cs, `finally`). */
export const stepState: State = {
  save: (key, value) => core.saveState(key, value),
  load: (key) => {
    const value = core.getState(key)
    return value === '' ? undefined : value
  },
}

export const isPost = (state: State): boolean => state.load(MAIN_STARTED) === 'true'
export const markMain = (state: State): void => state.save(MAIN_STARTED, 'true')
