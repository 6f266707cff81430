import { cifarResnet } from '@resfn/archs/cifar-resnet'
import { attentionBlocks, preActivated } from '@resfn/archs/residual-attention'
import { attended, blockKind, convShortcut, threeStages } from '@resfn/archs/resnet'
import { conv2d } from '@resfn/conv2d'
import { type AnyLayer, init, type Join, lift, product, sequential, subtree, untyped } from '@resfn/layer'
import { type BatchNorm, makers } from '@resfn/makers'
import { key } from '@resfn/random'
import { attentionResidual, residualAttention } from '@resfn/residual-attention'
import { residualBranch } from '@resfn/residual-block'
import { reduceBy, squeezeAndExcitation } from '@resfn/squeeze-and-excitation'
import { fill, mean, ones, type Tensor, tidy } from '@tensorflow/tfjs-core'
import type { AttentionRecipe } from './recipe.ts'

/** How trunk and mask become one. */
export const joins: { readonly [name in 'residual' | 'naive']: Join } = { residual: attentionResidual, naive: product }

/** A residual net, with squeeze-and-excitation at the end of each branch or without. */
export const channelNet = (
  squeezed: boolean,
  { depth, reduction, classes }: Pick<AttentionRecipe, 'depth' | 'reduction'> & { readonly classes: number },
): AnyLayer => {
  const branch = attended(
    ({ out, stride }) => residualBranch({ out, stride }),
    () => (squeezed ? squeezeAndExcitation({ hidden: reduceBy(reduction) }) : sequential({})),
  )
  return cifarResnet<BatchNorm, AnyLayer, AnyLayer, AnyLayer>({
    depth,
    classes,
    shortcuts: () => blockKind({ expansion: 1, branch, shortcut: convShortcut() }),
  })
}

/** An attention net with so many modules a stage. */
export const maskNet = (
  join: Join,
  {
    widths,
    maskDepths,
    modules,
    classes,
  }: Pick<AttentionRecipe, 'widths' | 'maskDepths'> & { readonly modules: number; readonly classes: number },
): AnyLayer => {
  const units = preActivated()
  const depthAt = ({ out }: { readonly out: number }): number => maskDepths[widths.indexOf(out / 4) as 0 | 1 | 2]
  return threeStages({
    stem: { conv1: conv2d({ out: 4 * widths[0], size: 3 }) },
    kind: attentionBlocks(units, depthAt, { join }),
    blocks: [1 + modules, 1 + modules, 1 + modules],
    widths: [...widths],
    tail: units.tail,
    classes,
  })
}

/** What `count` modules make of a one, whose masks are held at a half and whose units pass on what they get. */
export const factorOf = (join: Join, count: number): number => {
  const unit = lift((x) => x)
  const mask = lift((x) => fill(x.shape, 0.5))
  const module = residualAttention({ out: 1, depth: 1, unit, mask, join }, makers)
  const net = untyped(sequential(Object.fromEntries(Array.from({ length: count }, (_, i) => [`module${i}`, module]))))
  return tidy(() => {
    const { params, state } = init(net, key(0), [4, 4, 1])
    return mean(net.apply(params, ones([1, 4, 4, 1]), state)).dataSync()[0]!
  })
}

/** The masks of the first attention module of a net, for a batch: [batch, height, width, channels]. */
export const firstMask = (given: AnyLayer, params: unknown, state: unknown, x: Tensor): Tensor => {
  const { layers, inOrder } = given.parts!
  const run = (name: string, input: Tensor): Tensor =>
    untyped(layers[name]!).apply(subtree(params, name), input, subtree(state, name))
  if ('hourglass' in layers) return run('mask', run('hourglass', run('first', x)))
  if (!inOrder) throw new Error('the net has no attention module where it was looked for')
  let at = x
  for (const [name, layer] of Object.entries(layers)) {
    if (holdsMask(layer)) return firstMask(layer, subtree(params, name), subtree(state, name), at)
    at = run(name, at)
  }
  throw new Error('the net has no attention module')
}

const holdsMask = ({ parts }: AnyLayer): boolean =>
  parts !== undefined && ('hourglass' in parts.layers || Object.values(parts.layers).some(holdsMask))
