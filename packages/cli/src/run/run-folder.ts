import { join } from 'node:path'
import type { EpochEvent, EvaluationEvent, StepEvent, TrainEvent } from '@resfn/loop'

/** The files of a run. */
export type RunFolder = {
  readonly folder: string
  /** What the run was started with, for people. */
  readonly args: string
  /** Every event, a JSON object a line. */
  readonly log: string
  /** The run itself: all that is needed to go on or to predict. */
  readonly checkpoint: string
  readonly report: string
}

/** The files of the run in a folder. */
export const runFolder = (folder: string): RunFolder => ({
  folder,
  args: join(folder, 'args.json'),
  log: join(folder, 'log.jsonl'),
  checkpoint: join(folder, 'checkpoint.safetensors'),
  report: join(folder, 'report.html'),
})

/** The default folder of a run: `runs/2026-11-22-0740-resnet8`. */
export const defaultFolder = (now: number, net: string): string => {
  const [day = '', time = ''] = new Date(now).toISOString().split('T')
  return join('runs', `${day}-${time.slice(0, 5).replace(':', '')}-${net}`)
}

/** The events that are logged; those that hold a run are not data. */
export type LoggedEvent = StepEvent | EpochEvent | EvaluationEvent

/** Whether an event is logged. */
export const isLogged = <P, S>(event: TrainEvent<P, S>): event is LoggedEvent =>
  event.type === 'step' || event.type === 'epoch' || event.type === 'evaluation'

/** An event as a line of the log. */
export const logLine = (event: LoggedEvent): string => `${JSON.stringify(event)}\n`

/** The events of a log. */
export const parseLog = (text: string): readonly LoggedEvent[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LoggedEvent)
