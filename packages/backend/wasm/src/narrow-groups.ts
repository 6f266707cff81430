import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import { type Convolution, depthsOf, filterKey, filterTaps, type Info, type Tap } from './geometry.ts'
import { sizes } from './routines.generated.ts'
import { align } from './shape.ts'

/** Whether the taps are those of a 3x3 filter without dilation. */
const isThreeByThree = (taps: readonly Tap[]): boolean =>
  taps.length === 9 && taps.every(({ y, x }, i) => y === taps[0]!.y + Math.floor(i / 3) && x === taps[0]!.x + (i % 3))

/**
 * Whether the groups have so few channels that rows of an image are faster than products of channels; they add no
 * residual.
 */
export const narrowGroupsPay = (convolution: Convolution): boolean => {
  const { groups, grid, place, residual, taps } = convolution
  const { from, to } = depthsOf(convolution)
  return (
    groups > 1 &&
    residual === undefined &&
    (from === 4 || from === 8) &&
    to % 4 === 0 &&
    grid.stepY === grid.stepX &&
    grid.stepX <= 2 &&
    place.stepY * place.stepX === 1 &&
    isThreeByThree(taps)
  )
}

/** A 3x3 convolution of stride 1 or 2 in groups of four or eight channels. */
export const narrowGroups = (device: Device, convolution: Convolution): void => {
  const { source, weights, groups, bias, clamp, out, grid, from, to, taps } = convolution
  const ofGroup = depthsOf(convolution)
  const columns = (Math.ceil(grid.columns / sizes.RUN) * sizes.RUN - 1) * grid.stepX + 3
  // A cache line of channels; enough bands for all threads, of not too many rows for the first cache.
  const lineBytes = Math.max(1, 16 / ofGroup.from) * columns * ofGroup.from * 4
  const shared = Math.ceil((grid.batch * grid.rows) / (4 * device.threads))
  const band = Math.max(1, Math.min(grid.rows, shared, Math.floor((65_536 / lineBytes - 3) / grid.stepY) + 1))
  const threadBytes = align(((band - 1) * grid.stepY + 3) * lineBytes)
  const packedBytes = to.depth * ofGroup.from * 36
  const parts = {
    packed: packedBytes,
    tapAt: taps.length * 4,
    bias: to.depth * 4,
    bands: threadBytes * device.threads,
  }
  device.scratch(parts, (at) => {
    const starts = taps.map((tap) => tap.at)
    device.ints(at.tapAt, starts)
    if (bias === undefined) device.zero(at.bias, to.depth * 4)
    const { at: w, depthStride, outStride, groupStride } = weights
    const depths = { depth: ofGroup.from, outDepth: ofGroup.to, groups }
    const pack = (packed: number): void =>
      device.run(
        'packNarrow',
        { w, packed, tapAt: at.tapAt, ...depths, depthStride, outStride, groupStride },
        9 * ofGroup.from * to.depth,
      )
    const kept = device.keep(weights.data, `narrow ${filterKey(convolution)}`, packedBytes, pack)
    if (kept === undefined) pack(at.packed)
    const [low, high] = clamp ?? [-Infinity, Infinity]
    device.run(
      'narrowGroups',
      {
        source: source.at,
        packed: kept ?? at.packed,
        bias: bias ?? at.bias,
        out,
        scratch: at.bands,
        threadBytes,
        batch: grid.batch,
        height: from.height,
        width: from.width,
        depth: from.depth,
        outHeight: to.height,
        outWidth: to.width,
        outDepth: to.depth,
        groups,
        stride: grid.stepX,
        top: taps[0]!.y,
        left: taps[0]!.x,
        band,
        low,
        high,
      },
      18 * grid.batch * grid.rows * grid.columns * ofGroup.from * to.depth,
    )
  })
}

/** Whether the filter gradient is faster along the rows of the image. */
export const narrowFilterGradientPays = (info: Info): boolean => {
  const [from, to] = [info.inChannels / info.groups, info.outChannels / info.groups]
  return (
    info.groups > 1 &&
    (from === 4 || from === 8) &&
    (to === 4 || to === 8) &&
    info.strideHeight === info.strideWidth &&
    isThreeByThree(filterTaps(info))
  )
}

/** The gradient by a 3x3 filter in groups of four or eight channels, without dilation. */
export const narrowFilterGradient = (
  device: Device,
  info: Info,
  { x, dy, dw }: { readonly [name in 'x' | 'dy' | 'dw']: TensorInfo },
): void => {
  const { batchSize, inChannels, outChannels, groups, outHeight, outWidth, strideHeight } = info
  const units = (inChannels * outChannels) / groups / 16
  const work = (18 * batchSize * outHeight * outWidth * inChannels * outChannels) / groups
  const pieces = device.dealt(work, units)
  const threadBytes = 48 + Math.ceil(units / pieces) * 576
  const rowBytes = 4 * (info.inWidth * inChannels * strideHeight + outWidth * outChannels)
  device.scratch({ sums: threadBytes * device.threads }, ({ sums }) =>
    device.run(
      'narrowFilterGradient',
      {
        x: device.address(x),
        dy: device.address(dy),
        dw: device.address(dw),
        scratch: sums,
        threadBytes,
        batch: batchSize,
        height: info.inHeight,
        width: info.inWidth,
        depth: inChannels,
        outHeight,
        outWidth,
        outDepth: outChannels,
        groups,
        stride: strideHeight,
        top: -info.padInfo.top,
        left: -info.padInfo.left,
        band: Math.max(1, Math.min(outHeight, Math.floor(393_216 / rowBytes))),
      },
      work,
      pieces,
    ),
  )
}
