import type { Context } from '../context/context.ts'
import { unwrap } from '../error.ts'
import type { LocatedNet } from './located-net.ts'
import { type Viewer, type ViewerOptions, viewerOfCheckpoint, viewerOfNet } from './viewer.ts'

/** The weights of a net that was found, ready to look at pictures. A backend must be running. */
export const openNet = async (context: Context, located: LocatedNet, options: ViewerOptions): Promise<Viewer> => {
  if (located.kind === 'checkpoint') return viewerOfCheckpoint(context, located.loaded, options)
  const { loadPublished } = await import('@resfn/hub')
  return viewerOfNet(unwrap(await loadPublished(located.published)()), options)
}
