import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Context } from '../context/context.ts'
import { CliError } from '../error.ts'
import { shellWord } from '../text/shell-word.ts'
import { type OpenSweep, trialsIn } from './run-sweep.ts'
import { roundsOf } from './sweep.ts'
import { isOver, recordOf } from './trial.ts'

/** A time before the end of a job in which a trial saves itself, in seconds. */
const notice = 60

/** The script of all jobs of a sweep: its argument is a round, whose task is the index of the array, or `results`. */
export const slurmScript = (
  { command, cwd }: Pick<Context, 'command' | 'cwd'>,
  { sweep, folder }: OpenSweep,
  { file, name }: { readonly file: string; readonly name: string },
): string => {
  const options = { 'job-name': name, signal: `B:TERM@${notice}`, ...sweep.slurm }
  const words = [...command, 'sweep', file, '--out', folder].map(shellWord).join(' ')
  return [
    '#!/bin/sh',
    ...Object.entries(options).map(([option, value]) => `#SBATCH --${option}=${value}`),
    '#SBATCH --requeue',
    '',
    '# sbatch --array=0-8 sweep.sbatch 1      trains the trials of round 1, each as a task of its own',
    '# sbatch sweep.sbatch results            trains what is left, and writes the results',
    `cd ${shellWord(cwd)} || exit 1`,
    'case "$1" in',
    `  results) exec ${words} ;;`,
    `  *) exec ${words} --task "$1:$SLURM_ARRAY_TASK_ID" ;;`,
    'esac',
    '',
  ].join('\n')
}

/** Numbers as `--array` takes them: `0-3,7`. */
export const arrayOf = (indices: readonly number[]): string => {
  const parts: [number, number][] = []
  for (const index of indices) {
    const last = parts.at(-1)
    if (last !== undefined && last[1] === index - 1) last[1] = index
    else parts.push([index, index])
  }
  return parts.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',')
}

const sbatch = async ({ env, cwd }: Context, script: string, args: readonly string[]): Promise<string> => {
  try {
    const { stdout } = await promisify(execFile)('sbatch', ['--parsable', ...args], {
      cwd,
      env: { ...env } as NodeJS.ProcessEnv,
    })
    // With several clusters: id;cluster.
    return stdout.trim().split(';')[0]!
  } catch (error) {
    const { code, stderr = '' } = error as { readonly code?: unknown; readonly stderr?: string }
    if (code === 'ENOENT')
      throw new CliError(
        'NoSlurm',
        `there is no sbatch here; run this where jobs are submitted, or submit ${script} there`,
        { cause: error },
      )
    throw new CliError('Slurm', `sbatch ${args.join(' ')}: ${stderr.trim() || `it ended with ${String(code)}`}`, {
      cause: error,
    })
  }
}

/** A job that was submitted; people count rounds from 1. */
export type SubmittedJob = { readonly job: string; readonly round: number | 'results'; readonly tasks: string | null }

/** The tasks of a round that are not over; all of them where the round before is not. */
const tasksOf = async (
  context: Context,
  open: OpenSweep,
  round: number,
  isKnown: boolean,
): Promise<readonly number[]> => {
  const { trials } = roundsOf(open.sweep)[round]!
  if (!isKnown) return Array.from({ length: trials }, (_, index) => index)
  const records = await Promise.all((await trialsIn(context, open, round)).map((trial) => recordOf(context, trial)))
  return records.flatMap((record, index) => (isOver(record, round) ? [] : [index]))
}

/**
 * Writes the script of a sweep and submits it: an array a round, each after the one before, and a job for the results.
 */
export const submitSweep = async (
  context: Context,
  open: OpenSweep,
  named: { readonly file: string; readonly name: string },
): Promise<{ readonly script: string; readonly jobs: readonly SubmittedJob[] }> => {
  const script = join(open.folder, 'sweep.sbatch')
  await context.files.write(script, slurmScript(context, open, named))
  await context.files.makeFolder(join(open.folder, 'slurm'))
  const output = ['--output', join(open.folder, 'slurm', '%A-%a.out')]
  const { jobs: most } = open.sweep
  const jobs: SubmittedJob[] = []
  const after = (): readonly string[] => {
    const last = jobs.at(-1)
    return last === undefined ? [] : [`--dependency=afterany:${last.job}`]
  }
  for (const round of roundsOf(open.sweep).keys()) {
    const tasks = await tasksOf(context, open, round, jobs.length === 0)
    if (tasks.length === 0) continue
    const array = `${arrayOf(tasks)}${most === undefined ? '' : `%${most}`}`
    const job = await sbatch(context, script, [`--array=${array}`, ...after(), ...output, script, String(round + 1)])
    jobs.push({ job, round: round + 1, tasks: array })
  }
  const job = await sbatch(context, script, [
    ...after(),
    '--output',
    join(open.folder, 'slurm', '%A.out'),
    script,
    'results',
  ])
  return { script, jobs: [...jobs, { job, round: 'results', tasks: null }] }
}
