import type { HubProgress } from '@resfn/hub'
import { type Context, say } from '../context/context.ts'
import { duration } from '../text/format.ts'

/** Files below this size come and go without a word, in bytes. */
const worthTelling = 100_000

/** Milliseconds between two changes of the line: a terminal that is far away takes its time. */
const pause = 100

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)

/** `model.safetensors 12.3 of 102.5 MB  3.4 MB/s  26 s left`. */
export const hubProgressText = (
  { file, received, total }: HubProgress,
  { from, seconds }: { readonly from: number; readonly seconds: number },
): string => {
  const speed = (received - from) / Math.max(seconds, 1e-3)
  return `${file} ${megabytes(received)} of ${megabytes(total)} MB  ${megabytes(speed)} MB/s  ${duration((total - received) / speed)} left`
}

/** Tells people how far downloads are: on a terminal in one line that changes, elsewhere in one line a file. */
export const hubProgress = (context: Context): ((progress: HubProgress) => void) => {
  const { live, now } = context
  let file: string | undefined
  let started = { from: 0, at: 0 }
  let last = 0
  return (progress) => {
    const { received, total } = progress
    if (total < worthTelling) return
    if (file !== progress.file) {
      file = progress.file
      started = { from: received, at: now() }
      if (live === undefined) say(context, `fetching ${file} (${megabytes(total)} MB)`)
    }
    if (received === total) live?.clear()
    else if (live !== undefined && now() - last >= pause) {
      last = now()
      live.show(hubProgressText(progress, { from: started.from, seconds: (now() - started.at) / 1000 }))
    }
  }
}
