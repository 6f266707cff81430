import { basename, extname, join, relative, resolve } from 'node:path'
import type { SweepFlags } from '../commands/sweep.ts'
import type { Context } from '../context/context.ts'
import { exitCodes, usageError } from '../error.ts'
import type { Action, Output } from '../output.ts'
import { withRunLocked } from '../run/run-lock.ts'
import { type OpenSweep, openSweep, runSweep, runTask } from '../sweep/run-sweep.ts'
import { resultsOf, resultTable, writeResults } from '../sweep/results.ts'
import { submitSweep } from '../sweep/slurm.ts'
import { parseSweep } from '../sweep/sweep-file.ts'
import { shellWord } from '../text/shell-word.ts'

const results = async (context: Context, open: OpenSweep, title: string): Promise<Output> => {
  const rows = await resultsOf(context, open)
  const files = await writeResults(context, open, rows, title)
  const best = rows.find(({ testAccuracy }) => testAccuracy !== null)
  const shown = (path: string): string => relative(context.cwd, path) || '.'
  return {
    json: { folder: open.folder, files, best: best ?? null, trials: rows },
    text: [
      resultTable(context, open, rows),
      '',
      best === undefined ? 'no trial came to a result' : `best    ${shown(best.run)}`,
      `page    ${shown(files.page)}`,
      `table   ${shown(files.csv)}`,
    ].join('\n'),
    exitCode: best === undefined ? exitCodes.failure : exitCodes.success,
  }
}

/** Trains the trials of a sweep, or what is left of them, and compares them. */
export const sweepSettings: Action<SweepFlags, [string]> = async (context, { out, slurm, task }, given) => {
  if (slurm && task !== undefined) throw usageError('give --slurm or --task, not both')
  const path = resolve(context.cwd, given)
  const name = basename(path, extname(path))
  const sweep = parseSweep(given, await context.files.readText(path))
  const open = await openSweep(context, sweep, resolve(context.cwd, out ?? join('runs', name)))
  const { folder } = open
  if (task !== undefined) {
    const text = await runTask(context, open, task)
    return { text, json: { folder, task: { round: task.round + 1, index: task.index }, text } }
  }
  if (slurm) {
    const { script, jobs } = await submitSweep(context, open, { file: path, name })
    const lines = jobs.map(({ job, round, tasks }) =>
      round === 'results' ? `job ${job}: the results` : `job ${job}: round ${round}, tasks ${tasks}`,
    )
    return { text: [...lines, `script  ${relative(context.cwd, script)}`].join('\n'), json: { folder, script, jobs } }
  }
  const again = ['resfn', 'sweep', given, ...(out === undefined ? [] : ['--out', out])].map(shellWord).join(' ')
  return withRunLocked(context, { folder, lock: join(folder, 'sweep.lock') }, async (release) => {
    await runSweep(context, open, again)
    const output = await results(context, open, name)
    await release()
    return output
  })
}
