import { join } from 'node:path'

/** The files of a run. */
export type RunFolder = {
  readonly folder: string
  /** What the run was started with, for people. */
  readonly args: string
  /** Every event, a JSON object a line. */
  readonly log: string
  /** The numbers of the log, as TensorBoard reads them. */
  readonly board: string
  /** The run itself: all that is needed to go on or to predict. */
  readonly checkpoint: string
  /** The weights of the epoch with the best evaluation, where a run waits for a better one. */
  readonly best: string
  readonly report: string
  /** Says which process trains the run, while one does. */
  readonly lock: string
}

/** The files of the run in a folder. */
export const runFolder = (folder: string): RunFolder => ({
  folder,
  args: join(folder, 'args.json'),
  log: join(folder, 'log.jsonl'),
  board: join(folder, 'events.out.tfevents.resfn'),
  checkpoint: join(folder, 'checkpoint.safetensors'),
  best: join(folder, 'best.safetensors'),
  report: join(folder, 'report.html'),
  lock: join(folder, 'run.lock'),
})

/**
 * A default folder of a run, the first one or a further one: `runs/2026-11-22-074012-resnet8`,
 * `runs/2026-11-22-074012-resnet8-2`.
 */
export const defaultFolder = (now: number, net: string, number = 1): string => {
  const [day = '', time = ''] = new Date(now).toISOString().split('T')
  return join('runs', `${day}-${time.slice(0, 8).replaceAll(':', '')}-${net}${number === 1 ? '' : `-${number}`}`)
}

/** What to do with a run that ended before its last epoch. */
export const howToGoOn = (folder: string): string => `go on with: resfn train --resume ${folder}`
