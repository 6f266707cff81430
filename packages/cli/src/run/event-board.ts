import { encodeHeader, encodeScalars } from '@resfn/tfevents'
import type { LoggedEvent } from './event-log.ts'

/** The numbers of an event by the tags that TensorBoard shows. */
const scalarsOf = (event: LoggedEvent): { readonly [tag: string]: number } => {
  const { loss, accuracy } = event
  switch (event.type) {
    case 'step':
      return {
        'train/loss': loss,
        'train/accuracy': accuracy,
        'train/gradient norm': event.gradientNorm,
        'train/learning rate': event.learningRate,
        'train/examples per second': event.examplesPerSecond,
      }
    case 'epoch':
      return { 'epoch/loss': loss, 'epoch/accuracy': accuracy }
    case 'evaluation':
      return { 'test/loss': loss, 'test/accuracy': accuracy }
  }
}

/** The events of a run as TensorBoard reads them: what to append for each, with the time that the log tells. */
export type EventBoard = {
  /** the whole file of the events so far */
  readonly file: Uint8Array
  readonly append: (event: LoggedEvent) => Uint8Array
}

/**
 * An event file as a function of the log: a run that is resumed has the file of the unbroken run.
 *
 * @param started milliseconds since 1970 when the run began
 * @param events those that the log has
 */
export const eventBoard = (started: number, events: readonly LoggedEvent[]): EventBoard => {
  let wallTime = started / 1000
  const append = (event: LoggedEvent): Uint8Array => {
    // Steps and evaluations take time; that of loading and saving is in neither.
    wallTime += 'seconds' in event ? event.seconds : 0
    return encodeScalars({ wallTime, step: event.step, scalars: scalarsOf(event) })
  }
  return { file: Buffer.concat([encodeHeader(wallTime), ...events.map(append)]), append }
}
