import { type Context, say } from '../context/context.ts'
import { duration } from '../text/format.ts'

/** Seconds between two lines of progress where the output is not a terminal. */
const secondsBetweenLines = 15

/** How far the work on some pictures is. */
type Done = { readonly done: number; readonly total: number; readonly seconds: number }

const numbers = ({ done, total, seconds }: Done): string => {
  const speed = done / Math.max(seconds, 1e-3)
  return `${done}/${total} pictures  ${speed.toFixed(speed < 10 ? 1 : 0)}/s  ${duration((total - done) / speed)} left`
}

/** The line that is drawn anew on a terminal, no longer than `columns`. */
const bar = (now: Done, columns: number): string => {
  const text = numbers(now)
  const width = Math.max(0, Math.min(30, columns - text.length - 2))
  const filled = Math.round((width * now.done) / now.total)
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${text}`.slice(0, columns)
}

/** Tells people how far the work is: on a terminal in one line that changes, elsewhere in a line now and then. */
export type PictureProgress = {
  readonly done: (count: number) => void
  /** A line that stays. */
  readonly note: (line: string) => void
  readonly end: () => void
}

/** Progress over a number of pictures. */
export const pictureProgress = (context: Context, total: number): PictureProgress => {
  const { live, now } = context
  const started = now()
  let last = started
  return {
    done: (count) => {
      const reached = { done: count, total, seconds: (now() - started) / 1000 }
      if (live !== undefined) live.show(bar(reached, context.columns()))
      else if (now() - last >= secondsBetweenLines * 1000) {
        last = now()
        say(context, numbers(reached))
      }
    },
    note: (line) => {
      live?.clear()
      say(context, line)
    },
    end: () => live?.clear(),
  }
}
