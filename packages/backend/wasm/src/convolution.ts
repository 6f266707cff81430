import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import { align, type Convolution, type Info, panels, type Tap } from './geometry.ts'
import { winograd, winogradFilterGradient, winogradFilterGradientPays, winogradPays } from './winograd.ts'

// Pixels whose rows are gathered (or whose pointers are kept) together; the same as BLOCK * 6 in assembly/conv.ts.
const blockPixels = 96

// How many taps from the first on lie side by side in the image; every row of a filter is like its first.
const neighbours = (taps: readonly Tap[]): number => {
  const [first] = taps
  const end = taps.findIndex(({ y, x }, i) => y !== first!.y || x !== first!.x + i)
  const run = end === -1 ? taps.length : end
  return taps.every(({ y, x }, i) => i % run === 0 || (y === taps[i - 1]!.y && x === taps[i - 1]!.x + 1)) &&
    taps.length % run === 0
    ? run
    : 1
}

/** The gathering convolution of assembly/conv.ts: forward passes, and input gradients per residue of the stride. */
const convolve = (device: Device, convolution: Convolution): void => {
  if (winogradPays(convolution)) return winograd(device, convolution)
  const { source, weights, bias, clamp, out, grid, from, to, place, taps } = convolution
  const { depth } = from
  const gather = depth < 4 && taps.length > 1 ? neighbours(taps) : 0
  const inner = taps.length * depth
  const packedBytes = align(panels(to.depth) * inner * 32)
  const biasBytes = panels(to.depth) * 32
  const zeroBytes = align(depth * 4 + 16)
  const offsetBytes = align(taps.length * 8)
  const startBytes = align(taps.length * 4)
  const threadBytes = align(
    blockPixels * 4 * taps.length +
      blockPixels * 4 +
      align(to.depth * 4) +
      64 +
      (gather > 0 ? blockPixels * inner * 4 : 0),
  )
  const work = 2 * grid.batch * grid.rows * grid.columns * inner * to.depth
  const pack = (at: number): void =>
    device.scratch(startBytes, (starts) => {
      device.ints(
        starts,
        taps.map((tap) => tap.at),
      )
      device.run(
        'pack',
        [weights.at, at, starts, taps.length, depth, to.depth, weights.depthStride, weights.outStride],
        inner * to.depth,
      )
    })
  const key = [weights.at, weights.depthStride, weights.outStride, depth, to.depth, ...taps.map(({ at }) => at)].join()
  const kept = device.keep(weights.data, key, packedBytes, pack)
  const ownBytes = kept === undefined ? packedBytes : 0
  device.scratch(ownBytes + biasBytes + zeroBytes + offsetBytes + threadBytes * device.threads, (scratch) => {
    const packed = kept ?? scratch
    const biasAt = scratch + ownBytes
    const zeros = biasAt + biasBytes
    const offsets = zeros + zeroBytes
    device.zero(biasAt, biasBytes + zeroBytes)
    device.ints(
      offsets,
      taps.flatMap(({ y, x }) => [y, x]),
    )
    if (bias !== undefined) device.run('padRows', [bias.at, biasAt, 1, to.depth, panels(to.depth) * 8], 0)
    if (kept === undefined) pack(packed)
    const [low, high] = clamp ?? [-Infinity, Infinity]
    device.run(
      'convolve',
      [
        source,
        packed,
        biasAt,
        out,
        offsets + offsetBytes,
        threadBytes,
        zeros,
        grid.batch,
        grid.rows,
        grid.columns,
        grid.stepY,
        grid.stepX,
        from.height,
        from.width,
        depth,
        to.height,
        to.width,
        to.depth,
        place.stepY,
        place.stepX,
        place.firstY,
        place.firstX,
        taps.length,
        offsets,
        gather,
        { float: low },
        { float: high },
      ],
      work,
    )
  })
}

const filterTaps = ({
  filterHeight,
  filterWidth,
  inChannels,
  outChannels,
  dilationHeight,
  dilationWidth,
  padInfo,
}: Info): readonly Tap[] =>
  Array.from({ length: filterHeight * filterWidth }, (_, tap) => ({
    y: Math.floor(tap / filterWidth) * dilationHeight - padInfo.top,
    x: (tap % filterWidth) * dilationWidth - padInfo.left,
    at: tap * inChannels * outChannels * 4,
  }))

/** At `out`: a [rows, inner] times b [inner, columns] (or b^T, b [columns, inner]), plus a bias per column, clamped. */
export const matMul = (
  device: Device,
  {
    a,
    b,
    bias,
    out,
  }: {
    readonly a: number
    readonly b: { readonly at: number; readonly data: object }
    readonly bias?: number
    readonly out: number
  },
  {
    rows,
    inner,
    columns,
    transposeB,
    clamp,
  }: {
    readonly rows: number
    readonly inner: number
    readonly columns: number
    readonly transposeB: boolean
    readonly clamp?: readonly [low: number, high: number]
  },
): void =>
  convolve(device, {
    source: a,
    weights: { ...b, depthStride: transposeB ? 4 : columns * 4, outStride: transposeB ? inner * 4 : 4 },
    ...(bias !== undefined && { bias: { at: bias } }),
    ...(clamp && { clamp }),
    out,
    grid: { batch: 1, rows: 1, columns: rows, stepY: 1, stepX: 1 },
    from: { height: 1, width: rows, depth: inner },
    to: { height: 1, width: rows, depth: columns },
    place: { stepY: 1, stepX: 1, firstY: 0, firstX: 0 },
    taps: [{ y: 0, x: 0, at: 0 }],
  })

/** out = clamp(conv2d(x, filter) + bias) for channels-last float32 tensors. */
export const forward = (
  device: Device,
  info: Info,
  { x, filter, bias }: { readonly x: TensorInfo; readonly filter: TensorInfo; readonly bias?: TensorInfo },
  clamp?: readonly [low: number, high: number],
): TensorInfo => {
  const out = device.output(info.outShape)
  convolve(device, {
    source: device.address(x),
    weights: {
      at: device.address(filter),
      data: filter.dataId as object,
      depthStride: info.outChannels * 4,
      outStride: 4,
    },
    ...(bias && { bias: { at: device.address(bias) } }),
    ...(clamp && { clamp }),
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
  })
  return out
}

/**
 * The gradient by the input. For stride s, input rows of one residue modulo s are a stride-1 convolution of dy with the taps
 * that reach them; residues that no tap reaches are zero.
 */
export const inputGradient = (
  device: Device,
  info: Info,
  { dy, filter }: { readonly dy: TensorInfo; readonly filter: TensorInfo },
): TensorInfo => {
  const dx = device.output(info.inShape)
  const { strideHeight, strideWidth, inHeight, inWidth, inChannels, outChannels } = info
  const taps = filterTaps(info)
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
      source: device.address(dy),
      weights: {
        at: device.address(filter),
        data: filter.dataId as object,
        depthStride: 4,
        outStride: outChannels * 4,
      },
      out: device.address(dx),
      grid: { batch: info.batchSize, rows: phase.rows, columns: phase.columns, stepY: 1, stepX: 1 },
      from: { height: info.outHeight, width: info.outWidth, depth: outChannels },
      to: { height: inHeight, width: inWidth, depth: inChannels },
      place: { stepY: strideHeight, stepX: strideWidth, firstY: phase.y, firstX: phase.x },
      taps: phase.taps,
    })
  }
  return dx
}

/** The gradient by the filter, [filterHeight, filterWidth, inChannels, outChannels]. */
export const filterGradient = (
  device: Device,
  info: Info,
  { x, dy }: { readonly x: TensorInfo; readonly dy: TensorInfo },
): TensorInfo => {
  const { batchSize, outHeight, outWidth, inChannels, outChannels } = info
  const dw = device.output([info.filterHeight, info.filterWidth, inChannels, outChannels])
  if (winogradFilterGradientPays(info)) {
    winogradFilterGradient(device, info, { x, dy, dw })
    return dw
  }
  const taps = filterTaps(info)
  const gather = inChannels % 4 === 0 ? 0 : neighbours(taps)
  const rowBytes = gather > 0 ? Math.ceil((taps.length * inChannels) / 4) * 16 : 0
  const pixels = batchSize * outHeight * outWidth
  const block = Math.min(pixels, gather > 0 ? Math.max(64, Math.min(512, Math.floor(262_144 / rowBytes))) : 512)
  const threadBytes = align(block * 8 + block * rowBytes)
  const offsetBytes = align(taps.length * 8)
  const padded = outChannels % 8 === 0 ? 0 : panels(outChannels) * 8
  device.scratch(offsetBytes + threadBytes * device.threads + pixels * padded * 4, (offsets) => {
    device.ints(
      offsets,
      taps.flatMap(({ y, x: left }) => [y, left]),
    )
    const scratch = offsets + offsetBytes
    const rows = scratch + threadBytes * device.threads
    if (padded) device.run('padRows', [device.address(dy), rows, pixels, outChannels, padded], pixels * padded)
    device.run(
      'filterGradient',
      [
        device.address(x),
        padded ? rows : device.address(dy),
        device.address(dw),
        scratch,
        threadBytes,
        (padded || outChannels) * 4,
        batchSize,
        outHeight,
        outWidth,
        info.strideHeight,
        info.strideWidth,
        info.inHeight,
        info.inWidth,
        inChannels,
        outChannels,
        taps.length,
        offsets,
        gather,
        block,
      ],
      2 * pixels * taps.length * inChannels * outChannels,
    )
  })
  return dw
}
