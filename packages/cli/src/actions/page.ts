import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { playgroundSite } from '@resfn/playground'
import type { PageFlags } from '../commands/page.ts'
import { type Context, say } from '../context/context.ts'
import { exitCodeOf, usageError } from '../error.ts'
import type { Action } from '../output.ts'
import { serveSite } from '../page/serve-site.ts'
import { locateNet } from '../run/located-net.ts'

/** Resolves when a signal is aborted. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** The checkpoint of a run or a file; published nets are in other formats. */
const checkpointOf = async (context: Context, given: string): Promise<string> => {
  const { origin } = await locateNet(context, given, { weights: 'later' })
  if (origin.checkpoint === null)
    throw usageError(
      `${given} is not a run or a checkpoint; make one of it: resfn import ${given} --out net.safetensors`,
    )
  return resolve(context.cwd, origin.checkpoint)
}

/** Where the page finds the checkpoint that it is to open; its address says so. */
const opened = 'checkpoint.safetensors'

/** Serves the page until it is interrupted, with a run to open where one is given. */
export const servePage: Action<PageFlags, [string?]> = async (context, { port, open, json }, given) => {
  const folder = fileURLToPath(playgroundSite)
  const checkpoint = given === undefined ? undefined : await checkpointOf(context, given)
  const site = await serveSite(folder, {
    ...(port !== undefined && { port }),
    ...(checkpoint !== undefined && { also: { [`/${opened}`]: checkpoint } }),
  })
  const { stop } = site
  const url = checkpoint === undefined ? site.url : `${site.url}#/use?open=${opened}`
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
  return { text: url, json: { url, folder, checkpoint: checkpoint ?? null }, exitCode: served() }
}
