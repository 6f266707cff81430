import type { Examples } from '@resfn/batches'
import type { Loss } from '@resfn/losses'
import { gradientsOf } from '@resfn/step'
import { dispose, flatten } from '@resfn/tree'
import { norm, stack, type Tensor, tidy } from '@tensorflow/tfjs-core'
import type { DepthSeen } from './protocol.ts'
import type { AnyRun, Learner } from './runs.ts'

/** Filters and matrices on the way through the net; what stands beside it has other sizes. */
const isOnTheWay = ({ path, leaf }: { readonly path: string; readonly leaf: Tensor }): boolean =>
  leaf.rank >= 2 && !/(^|\.)(shortcut|se)\./.test(path)

/** The norm of the gradient at each depth, on one batch. */
export const gradientByDepth = async (
  { net }: Learner,
  run: AnyRun,
  loss: Loss,
  examples: Examples,
): Promise<Omit<DepthSeen, 'type' | 'track'>> => {
  const found = gradientsOf({ net, loss })(run, examples)
  const leaves = flatten<Tensor>(found.gradients).filter(isOnTheWay)
  const norms = tidy(() => stack(leaves.map(({ leaf }) => norm(leaf))))
  try {
    return { step: run.step, paths: leaves.map(({ path }) => path), norms: [...(await norms.data())] }
  } finally {
    norms.dispose()
    dispose(found)
  }
}
