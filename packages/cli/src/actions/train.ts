import type { TrainFlags } from '../commands/train.ts'
import { usageError } from '../error.ts'
import type { Action } from '../output.ts'
import { finishRun } from '../run/finish.ts'
import { resumeRun } from '../run/resume-run.ts'
import { startNewRun } from '../run/start-run.ts'
import { trainRun } from '../run/train-run.ts'

const checkResumable = (flags: Readonly<Record<string, unknown>>): void => {
  const given = Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]))
  if (given.length > 0)
    throw usageError(
      `a run is resumed with the settings it was started with, so ${given.join(' and ')} cannot be given (only --data, --backend, --threads and --pause-after can); start a new run to change them`,
    )
}

/** Trains a new run, or resumes one, to its end. */
export const trainOrResume: Action<TrainFlags, []> = async (context, { json: _json, debug: _debug, ...flags }) => {
  const { out, resume, from, pauseAfter, ...settings } = flags
  if (resume !== undefined) {
    const {
      data: _data,
      backend: _backend,
      threads: _threads,
      resume: _resume,
      pauseAfter: _pauseAfter,
      ...fixed
    } = flags
    checkResumable(fixed)
  }
  const open =
    resume === undefined
      ? await startNewRun(context, settings, { out, from })
      : await resumeRun(context, resume, settings)
  try {
    return await finishRun(context, { ...open, ...(await trainRun(context, open, pauseAfter)) })
  } finally {
    open.backend.dispose()
    await open.release()
  }
}
