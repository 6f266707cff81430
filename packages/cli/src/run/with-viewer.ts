import type { Context } from '../context/context.ts'
import type { Invert } from '@resfn/preprocessing'
import { type BackendFlags, startBackend } from './backend.ts'
import { locateNet } from './located-net.ts'
import { openNet, type Viewer } from './viewer.ts'

/** Which net looks at pictures, and how they are made for it. */
export type LookFlags = BackendFlags & { readonly net: string; readonly invert: Invert }

/** Finds the net that is asked for, starts a backend, and gives the net to `use`. */
export const withViewer = async <A>(
  context: Context,
  flags: LookFlags,
  use: (viewer: Viewer) => Promise<A>,
): Promise<A> => {
  const located = await locateNet(context, flags.net)
  const backend = await startBackend(context, flags)
  try {
    return await use(await openNet(context, located, flags))
  } finally {
    backend.dispose()
  }
}
