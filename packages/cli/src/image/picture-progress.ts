import { type Context, say } from '../context/context.ts'
import { duration } from '../text/format.ts'

/** Seconds between two lines of progress where the output is not a terminal. */
const secondsBetweenLines = 15

/** How far the work on some pictures is, as one line. */
export const progressText = (done: number, total: number, seconds: number, columns: number): string => {
  const speed = done / Math.max(seconds, 1e-3)
  const numbers = `${done}/${total} pictures  ${speed.toFixed(speed < 10 ? 1 : 0)}/s  ${duration((total - done) / speed)} left`
  const width = Math.max(0, Math.min(30, columns - numbers.length - 2))
  const filled = Math.round((width * done) / total)
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${numbers}`.slice(0, columns)
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
      const text = (columns: number): string => progressText(count, total, (now() - started) / 1000, columns)
      if (live !== undefined) live.show(text(context.columns()))
      else if (now() - last >= secondsBetweenLines * 1000) {
        last = now()
        say(context, text(0).trim() === '' ? `${count}/${total} pictures` : text(80))
      }
    },
    note: (line) => {
      live?.clear()
      say(context, line)
    },
    end: () => live?.clear(),
  }
}
