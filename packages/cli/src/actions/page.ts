import { fileURLToPath } from 'node:url'
import { playgroundSite } from '@resfn/playground'
import type { PageFlags } from '../commands/page.ts'
import { say } from '../context/context.ts'
import { exitCodeOf } from '../error.ts'
import type { Action } from '../output.ts'
import { serveSite } from '../page/serve-site.ts'

/** Resolves when a signal is aborted. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** Serves the page until it is interrupted. */
export const servePage: Action<PageFlags, []> = async (context, { port, open, json }) => {
  const folder = fileURLToPath(playgroundSite)
  const { url, stop } = await serveSite(folder, { ...(port !== undefined && { port }) })
  const { signal, release } = context.interrupts()
  if (open)
    await context.open(url).catch((error: unknown) => {
      say(context, `the browser did not open: ${String(error)}; open ${url} yourself`)
    })
  const served = async (): Promise<number> => {
    try {
      await aborted(signal)
      await stop()
      return exitCodeOf(signal)
    } finally {
      release()
    }
  }
  if (!json) say(context, 'the page is served on this machine only, until Ctrl-C, at')
  return { text: url, json: { url, folder }, exitCode: served() }
}
