import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import {
  type Convolution,
  depthsOf,
  filterKey,
  filterTaps,
  filterWindow,
  imagesOf,
  type Info,
  neighbours,
  panels,
} from './geometry.ts'
import { narrowFilterGradient, narrowFilterGradientPays, narrowGroups, narrowGroupsPay } from './narrow-groups.ts'
import { isWide, isWideTogether, magnitudesOf } from './range.ts'
import { sizes } from './routines.generated.ts'
import { align } from './shape.ts'
import { winogradFilterGradient, winogradFilterGradientPays } from './winograd-gradient.ts'
import { winograd, winogradPays } from './winograd.ts'

// Pixels whose rows are gathered, or whose pointers are kept, together.
const blockPixels = sizes.BLOCK * sizes.ROWS

// Pixels of a filter gradient whose rows are packed together: a unit of them and a panel fit the first cache, and these
// units the second.
const gradientBlock = { pixels: 384, units: 28 }

const packFilter = (device: Device, convolution: Convolution, packed: number): void => {
  const { weights, taps, groups } = convolution
  device.scratch({ tapAt: taps.length * 4 }, ({ tapAt }) => {
    const starts = taps.map(({ at }) => at)
    device.ints(tapAt, starts)
    const { at: w, depthStride, outStride, groupStride } = weights
    const { from: depth, to: outDepth } = depthsOf(convolution)
    device.run(
      'pack',
      { w, packed, tapAt, taps: taps.length, depth, outDepth, groups, depthStride, outStride, groupStride },
      taps.length * depth * outDepth * groups,
    )
  })
}

// The product of gathered rows with the packed filter.
const direct = (device: Device, convolution: Convolution): void => {
  const { source, weights, groups, bias, clamp, residual = 0, out, grid, from, to, place, taps } = convolution
  const { depth } = from
  const ofGroup = depthsOf(convolution)
  const gather = depth < 4 && taps.length > 1 && groups === 1 ? neighbours(taps) : 0
  const inner = taps.length * ofGroup.from
  const width = panels(ofGroup.to) * sizes.PANEL
  const work = 2 * grid.batch * grid.rows * grid.columns * inner * to.depth
  const packedBytes = groups * width * inner * 4
  const biasBytes = groups * width * 4
  const threadBytes = align(
    2 * device.abreast * sizes.SUMS_BYTES +
      blockPixels * 4 * taps.length +
      blockPixels * 4 +
      64 +
      (gather > 0 ? blockPixels * inner * 4 : 0),
  )
  const kept = device.keep(weights.data, filterKey(convolution), packedBytes, (at) =>
    packFilter(device, convolution, at),
  )
  const parts = {
    packed: kept === undefined ? packedBytes : 0,
    bias: biasBytes,
    zeros: depth * 4 + 16,
    offsets: taps.length * 8,
    threads: threadBytes * device.threads,
  }
  device.scratch(parts, (at) => {
    device.zero(at.bias, biasBytes)
    device.zero(at.zeros, depth * 4 + 16)
    const offsets = taps.flatMap(({ y, x }) => [y, x])
    device.ints(at.offsets, offsets)
    if (bias !== undefined)
      device.run('padRows', { from: bias, to: at.bias, rows: groups, width: ofGroup.to, stride: width }, 0)
    if (kept === undefined) packFilter(device, convolution, at.packed)
    const [low, high] = clamp ?? [-Infinity, Infinity]
    device.run(
      'convolve',
      {
        source: source.at,
        packed: kept ?? at.packed,
        bias: at.bias,
        residual,
        out,
        scratch: at.threads,
        threadBytes,
        zeros: at.zeros,
        batch: grid.batch,
        rows: grid.rows,
        columns: grid.columns,
        stepY: grid.stepY,
        stepX: grid.stepX,
        height: from.height,
        width: from.width,
        depth,
        outHeight: to.height,
        outWidth: to.width,
        outDepth: to.depth,
        outStepY: place.stepY,
        outStepX: place.stepX,
        outFirstY: place.firstY,
        outFirstX: place.firstX,
        taps: taps.length,
        offsets: at.offsets,
        gather,
        groups,
        abreast: device.abreast,
        low,
        high,
      },
      work,
      device.dealt(work, Math.ceil((grid.batch * grid.rows * grid.columns) / blockPixels)),
    )
  })
}

/** A convolution of some images: forward passes, input gradients per residue of the stride, and matrix products. */
export const convolve = (device: Device, convolution: Convolution): void => {
  if (narrowGroupsPay(convolution)) return narrowGroups(device, convolution)
  if (!winogradPays(convolution)) return direct(device, convolution)
  const { largest, mean } = magnitudesOf(device, convolution.source.tensor)
  const wide = largest.map((value, image) => isWide(value, mean[image] ?? 0))
  if (!wide.includes(true)) return winograd(device, convolution)
  for (let first = 0, next = 0; first < wide.length; first = next) {
    next = wide.findIndex((value, image) => image > first && value !== wide[first])
    if (next === -1) next = wide.length
    const images = imagesOf(convolution, first, next - first)
    if (wide[first] !== true && winogradPays(images)) winograd(device, images)
    else direct(device, images)
  }
}

/** What a convolution reads: bias [out], residual like the output. */
export type ConvolutionInputs = {
  readonly x: TensorInfo
  readonly filter: TensorInfo
  readonly bias?: TensorInfo | null | undefined
  readonly residual?: TensorInfo | null | undefined
}

/** out = clamp(conv2d(x, filter) + bias + residual) for channels-last float32 tensors. */
export const forward = (
  device: Device,
  info: Info,
  { x, filter, bias, residual }: ConvolutionInputs,
  clamp?: readonly [low: number, high: number],
): TensorInfo => {
  const out = device.output(info.outShape)
  convolve(device, {
    source: { at: device.address(x), tensor: x },
    weights: {
      at: device.address(filter),
      data: filter.dataId as object,
      depthStride: info.outChannels * 4,
      outStride: 4,
      groupStride: (info.outChannels / info.groups) * 4,
    },
    groups: info.groups,
    bias: bias == null ? undefined : device.address(bias),
    clamp,
    residual: residual == null ? undefined : device.address(residual),
    out: device.address(out),
    grid: {
      batch: info.batchSize,
      rows: info.outHeight,
      columns: info.outWidth,
      stepY: info.strideHeight,
      stepX: info.strideWidth,
    },
    from: { height: info.inHeight, width: info.inWidth, depth: info.inChannels },
    to: { height: info.outHeight, width: info.outWidth, depth: info.outChannels },
    place: { stepY: 1, stepX: 1, firstY: 0, firstX: 0 },
    taps: filterTaps(info),
    window: filterWindow(info),
  })
  return out
}

/**
 * The gradient by the input. For stride s, input rows of one residue modulo s are a stride-1 convolution of dy with the
 * taps that reach them; residues that no tap reaches are zero.
 */
export const inputGradient = (
  device: Device,
  info: Info,
  { dy, filter }: { readonly dy: TensorInfo; readonly filter: TensorInfo },
): TensorInfo => {
  const dx = device.output(info.inShape)
  const { strideHeight, strideWidth, inHeight, inWidth, inChannels, outChannels, groups } = info
  // Seen from the input, the filter is mirrored.
  const taps = filterTaps(info).toReversed()
  const mirrored = filterWindow(info)
  const window = mirrored && {
    ...mirrored,
    top: 1 - mirrored.height - mirrored.top,
    left: 1 - mirrored.width - mirrored.left,
  }
  const phases = Array.from({ length: strideHeight * strideWidth }, (_, phase) => {
    const [y, x] = [Math.floor(phase / strideWidth), phase % strideWidth]
    const reaching = taps
      .filter((tap) => (y - tap.y) % strideHeight === 0 && (x - tap.x) % strideWidth === 0)
      .map((tap) => ({ y: (y - tap.y) / strideHeight, x: (x - tap.x) / strideWidth, at: tap.at }))
    return {
      y,
      x,
      taps: reaching,
      rows: Math.ceil((inHeight - y) / strideHeight),
      columns: Math.ceil((inWidth - x) / strideWidth),
    }
  }).filter(({ rows, columns }) => rows > 0 && columns > 0)
  if (phases.some((phase) => phase.taps.length === 0))
    device.zero(device.address(dx), info.batchSize * inHeight * inWidth * inChannels * 4)
  for (const phase of phases) {
    if (phase.taps.length === 0) continue
    convolve(device, {
      source: { at: device.address(dy), tensor: dy },
      weights: {
        at: device.address(filter),
        data: filter.dataId as object,
        depthStride: 4,
        outStride: outChannels * 4,
        groupStride: (outChannels / groups) * 4,
      },
      groups,
      out: device.address(dx),
      grid: { batch: info.batchSize, rows: phase.rows, columns: phase.columns, stepY: 1, stepX: 1 },
      from: { height: info.outHeight, width: info.outWidth, depth: outChannels },
      to: { height: inHeight, width: inWidth, depth: inChannels },
      place: { stepY: strideHeight, stepX: strideWidth, firstY: phase.y, firstX: phase.x },
      taps: phase.taps,
      window,
    })
  }
  return dx
}

/** The gradient by the filter, [filterHeight, filterWidth, inChannels / groups, outChannels]. */
export const filterGradient = (
  device: Device,
  info: Info,
  { x, dy }: { readonly x: TensorInfo; readonly dy: TensorInfo },
): TensorInfo => {
  const { batchSize, outHeight, outWidth, inChannels, outChannels, groups } = info
  const dw = device.output([info.filterHeight, info.filterWidth, inChannels / groups, outChannels])
  if (narrowFilterGradientPays(info)) {
    narrowFilterGradient(device, info, { x, dy, dw })
    return dw
  }
  // A sum over all images is exact enough as long as one factor is.
  const accurate = (factor: TensorInfo): boolean => !isWideTogether(magnitudesOf(device, factor))
  if (winogradFilterGradientPays(info) && (accurate(x) || accurate(dy))) {
    winogradFilterGradient(device, info, { x, dy, dw })
    return dw
  }
  const taps = filterTaps(info)
  const pixels = batchSize * outHeight * outWidth
  const work = (2 * pixels * taps.length * inChannels * outChannels) / groups
  const block = Math.min(pixels, gradientBlock.pixels)
  const threadBytes = align(
    block * (taps.length * 4 + device.abreast * sizes.PANEL * 4 + gradientBlock.units * sizes.ROWS * 4),
  )
  const parts = { offsets: taps.length * 8, zeros: inChannels * 4, threads: threadBytes * device.threads }
  device.scratch(parts, (at) => {
    const offsets = taps.flatMap(({ y, x: left }) => [y, left])
    device.ints(at.offsets, offsets)
    device.zero(at.zeros, inChannels * 4)
    device.run(
      'filterGradient',
      {
        x: device.address(x),
        dy: device.address(dy),
        dw: device.address(dw),
        scratch: at.threads,
        threadBytes,
        zeros: at.zeros,
        batch: batchSize,
        rows: outHeight,
        columns: outWidth,
        stepY: info.strideHeight,
        stepX: info.strideWidth,
        height: info.inHeight,
        width: info.inWidth,
        depth: inChannels,
        outDepth: outChannels,
        taps: taps.length,
        offsets: at.offsets,
        groups,
        block,
        together: gradientBlock.units,
        abreast: device.abreast,
      },
      work,
      // Each piece packs all of dy, so it has some units.
      device.dealt(work, Math.ceil(((taps.length * inChannels) / sizes.ROWS) * (4 / gradientBlock.units))),
    )
  })
  return dw
}
