import { type Context, say } from '../context/context.ts'
import { duration } from '../text/format.ts'
import { advanced, noProgress, renderBar, renderLine } from './progress.ts'
import type { LoggedEvent } from './event-log.ts'
import type { TrainingSetup } from './training-setup.ts'

/** Seconds between two lines of progress where the output is not a terminal. */
const secondsBetweenLines = 15

/** Tells people how far a run is: on a terminal in one line that changes, elsewhere in a line now and then. */
export const progressReporter = (
  context: Context,
  { settings, batches }: TrainingSetup,
): ((event: LoggedEvent) => void) => {
  const { live, now } = context
  const print = (line: string): void => {
    live?.clear()
    say(context, line)
  }
  let progress = noProgress({ epochs: settings.epochs, batches })
  let last = now()
  let epoch: Extract<LoggedEvent, { readonly type: 'epoch' }> | undefined
  let seconds = 0
  return (event) => {
    if (event.type === 'step') {
      seconds += event.seconds
      progress = advanced(progress, event)
      if (live !== undefined) live.show(renderBar(progress, context.columns()))
      else if (now() - last >= secondsBetweenLines * 1000) {
        last = now()
        print(renderLine(progress))
      }
    } else if (event.type === 'epoch') epoch = event
    else {
      const trained =
        epoch === undefined ? '' : `train loss ${epoch.loss.toFixed(3)} accuracy ${epoch.accuracy.toFixed(3)}  `
      print(
        `epoch ${event.epoch + 1}/${settings.epochs}  ${trained}test loss ${event.loss.toFixed(3)} accuracy ${event.accuracy.toFixed(3)}  ${duration(seconds + event.seconds)}`,
      )
      last = now()
      seconds = 0
    }
  }
}
