import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'

type Info = backend_util.Conv2DInfo

const align = (bytes: number): number => (bytes + 15) & ~15
const panels = (channels: number): number => Math.ceil(channels / 8)

/** One filter position: its offset in the source grid and the byte where its [in, out] matrix starts. */
type Tap = { readonly y: number; readonly x: number; readonly at: number }

type Grid = { readonly batch: number; readonly rows: number; readonly columns: number; readonly stepY: number; readonly stepX: number }
type Image = { readonly height: number; readonly width: number; readonly depth: number }
type Place = { readonly stepY: number; readonly stepX: number; readonly firstY: number; readonly firstX: number }

type Convolution = {
  readonly source: number
  readonly weights: { readonly at: number; readonly data: object; readonly depthStride: number; readonly outStride: number }
  readonly bias?: { readonly at: number }
  readonly clamp?: readonly [low: number, high: number]
  readonly out: number
  readonly grid: Grid
  readonly from: Image
  readonly to: Image
  readonly place: Place
  readonly taps: readonly Tap[]
}

// Pixels whose rows are gathered (or whose pointers are kept) together; the same as BLOCK * 6 in assembly/conv.ts.
const blockPixels = 96

// Winograd's 36 points a tile of 16 outputs against 9 taps a pixel; transforms cost about as much as 12 channels more on each
// side, and the filter's own as much as 4 tiles.
const winogradTiles = ({ batch, rows, columns }: Grid): number => batch * Math.ceil(rows / 4) * Math.ceil(columns / 4)
const winogradPays = ({ grid, from, to, place, taps }: Convolution): boolean => {
  if (taps.length !== 9 || from.depth % 4 !== 0 || to.depth % 8 !== 0) return false
  if (grid.stepY * grid.stepX * place.stepY * place.stepX !== 1) return false
  const [top, left] = [Math.min(...taps.map(({ y }) => y)), Math.min(...taps.map(({ x }) => x))]
  if (!taps.every(({ y, x }) => y < top + 3 && x < left + 3)) return false
  const direct = grid.batch * grid.rows * grid.columns * 9
  return direct > 36 * (winogradTiles(grid) * (1 + 12 / from.depth + 12 / to.depth) + 4)
}

// Points one line further apart than they need be, or the 36 of a tile would fall on one set of the cache.
const apart = (bytes: number): number => align(bytes) + 64

const inReadingOrder = (taps: readonly Tap[]): readonly Tap[] => taps.toSorted((a, b) => a.y - b.y || a.x - b.x)

// Few tiles and many channels: the transformed filter would not fit the cache, the transformed tiles do.
const winogradByPanels = (device: Device, { source, weights, bias, clamp, out, grid, from, to, taps }: Convolution): void => {
  const ordered = inReadingOrder(taps)
  const padded = Math.ceil(winogradTiles(grid) / 6) * 6
  const pointStride = apart(padded * from.depth * 4)
  const biasBytes = align(to.depth * 4)
  const zeroBytes = align(from.depth * 4)
  const startBytes = align(36)
  const threadBytes = 36 * (from.depth * 64 + 64) + padded * 2 * 36 * 32
  device.scratch(36 * pointStride + biasBytes + zeroBytes + startBytes + (736 + threadBytes) * device.threads, (tiles) => {
    const biasAt = tiles + 36 * pointStride
    const zeros = biasAt + biasBytes
    const starts = zeros + zeroBytes
    const scratch = starts + startBytes
    device.zero(biasAt, biasBytes + zeroBytes)
    device.ints(starts, ordered.map(({ at }) => at))
    if (bias !== undefined) device.run('padRows', [bias.at, biasAt, 1, to.depth, to.depth], 0)
    device.run(
      'winogradSource',
      [
        source, tiles, scratch, zeros, grid.batch, from.height, from.width, from.depth, to.height, to.width, ordered[0]!.y, ordered[0]!.x,
        pointStride,
      ],
      200 * padded * from.depth,
    )
    const [low, high] = clamp ?? [-Infinity, Infinity]
    device.run(
      'winogradPanels',
      [
        tiles, weights.at, starts, weights.depthStride, weights.outStride, biasAt, out, scratch + 736 * device.threads, threadBytes,
        grid.batch, to.height, to.width, from.depth, to.depth, pointStride, { float: low }, { float: high },
      ],
      72 * padded * from.depth * to.depth,
    )
  })
}

const winograd = (device: Device, convolution: Convolution): void => {
  const { source, weights, bias, clamp, out, grid, from, to, taps } = convolution
  const ordered = inReadingOrder(taps)
  const tiles = winogradTiles(grid)
  if (from.depth * to.depth >= 131_072 && tiles * from.depth <= 65_536) return winogradByPanels(device, convolution)
  const share = Math.ceil(tiles / device.threads)
  // As many tiles as keep their transform in half a mebibyte, in sixes, dealt evenly.
  const most = Math.max(6, Math.floor(524_288 / (36 * from.depth * 4) / 6) * 6)
  const block = Math.ceil(share / Math.ceil(share / most) / 6) * 6
  const filterStride = apart(from.depth * to.depth * 4)
  const filterBytes = 36 * filterStride
  const biasBytes = align(to.depth * 4)
  const zeroBytes = align(from.depth * 4)
  const startBytes = align(36)
  const threadBytes = 160 + 576 + block * 36 * 32 + 36 * (block * from.depth * 4 + 64)
  device.scratch(filterBytes + biasBytes + zeroBytes + startBytes + threadBytes * device.threads, (filter) => {
    const biasAt = filter + filterBytes
    const zeros = biasAt + biasBytes
    const starts = zeros + zeroBytes
    device.zero(biasAt, biasBytes + zeroBytes)
    device.ints(starts, ordered.map(({ at }) => at))
    if (bias !== undefined) device.run('padRows', [bias.at, biasAt, 1, to.depth, to.depth], 0)
    device.run(
      'winogradFilter',
      [weights.at, filter, starts, from.depth, to.depth, weights.depthStride, weights.outStride, filterStride],
      100 * from.depth * to.depth,
    )
    const [low, high] = clamp ?? [-Infinity, Infinity]
    device.run(
      'winograd',
      [
        source, filter, biasAt, out, starts + startBytes, threadBytes, zeros, grid.batch, from.height, from.width, from.depth,
        to.height, to.width, to.depth, ordered[0]!.y, ordered[0]!.x, block, { float: low }, { float: high },
        filterStride,
      ],
      72 * tiles * from.depth * to.depth,
    )
  })
}

// How many taps from the first on lie side by side in the image; every row of a filter is like its first.
const neighbours = (taps: readonly Tap[]): number => {
  const [first] = taps
  const end = taps.findIndex(({ y, x }, i) => y !== first!.y || x !== first!.x + i)
  const run = end === -1 ? taps.length : end
  return taps.every(({ y, x }, i) => i % run === 0 || (y === taps[i - 1]!.y && x === taps[i - 1]!.x + 1)) && taps.length % run === 0 ? run : 1
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
    blockPixels * 4 * taps.length + blockPixels * 4 + align(to.depth * 4) + 64 + (gather > 0 ? blockPixels * inner * 4 : 0),
  )
  const work = 2 * grid.batch * grid.rows * grid.columns * inner * to.depth
  const pack = (at: number): void =>
    device.scratch(startBytes, (starts) => {
      device.ints(starts, taps.map((tap) => tap.at))
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
    device.ints(offsets, taps.flatMap(({ y, x }) => [y, x]))
    if (bias !== undefined) device.run('padRows', [bias.at, biasAt, 1, to.depth, panels(to.depth) * 8], 0)
    if (kept === undefined) pack(packed)
    const [low, high] = clamp ?? [-Infinity, Infinity]
    device.run(
      'convolve',
      [
        source, packed, biasAt, out, offsets + offsetBytes, threadBytes, zeros,
        grid.batch, grid.rows, grid.columns, grid.stepY, grid.stepX, from.height, from.width, depth,
        to.height, to.width, to.depth, place.stepY, place.stepX, place.firstY, place.firstX,
        taps.length, offsets, gather, { float: low }, { float: high },
      ],
      work,
    )
  })
}

const filterTaps = ({ filterHeight, filterWidth, inChannels, outChannels, dilationHeight, dilationWidth, padInfo }: Info): readonly Tap[] =>
  Array.from({ length: filterHeight * filterWidth }, (_, tap) => ({
    y: Math.floor(tap / filterWidth) * dilationHeight - padInfo.top,
    x: (tap % filterWidth) * dilationWidth - padInfo.left,
    at: tap * inChannels * outChannels * 4,
  }))

/** At `out`: a [rows, inner] times b [inner, columns] (or b^T, b [columns, inner]), plus a bias per column, clamped. */
export const matMul = (
  device: Device,
  { a, b, bias, out }: { readonly a: number; readonly b: { readonly at: number; readonly data: object }; readonly bias?: number; readonly out: number },
  {
    rows, inner, columns, transposeB, clamp,
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
    weights: { at: device.address(filter), data: filter.dataId as object, depthStride: info.outChannels * 4, outStride: 4 },
    ...(bias && { bias: { at: device.address(bias) } }),
    ...(clamp && { clamp }),
    out: device.address(out),
    grid: { batch: info.batchSize, rows: info.outHeight, columns: info.outWidth, stepY: info.strideHeight, stepX: info.strideWidth },
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
    return { y, x, taps: reaching, rows: Math.ceil((inHeight - y) / strideHeight), columns: Math.ceil((inWidth - x) / strideWidth) }
  }).filter(({ rows, columns }) => rows > 0 && columns > 0)
  if (phases.some((phase) => phase.taps.length === 0)) device.zero(device.address(dx), info.batchSize * inHeight * inWidth * inChannels * 4)
  for (const phase of phases) {
    if (phase.taps.length === 0) continue
    convolve(device, {
      source: device.address(dy),
      weights: { at: device.address(filter), data: filter.dataId as object, depthStride: 4, outStride: outChannels * 4 },
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

// Blocks of tiles whose two transforms stay in the cache; their products are added up over blocks.
const winogradFilterGradient = (device: Device, info: Info, { x, dy, dw }: { readonly [name in 'x' | 'dy' | 'dw']: TensorInfo }): void => {
  const { batchSize, inChannels, outChannels, outHeight, outWidth } = info
  const tiles = winogradTiles({ batch: batchSize, rows: outHeight, columns: outWidth, stepY: 1, stepX: 1 })
  const most = Math.max(48, Math.floor(1_572_864 / (36 * 4 * (inChannels + outChannels))))
  const blocks = Math.ceil(tiles / most)
  const block = Math.ceil(tiles / blocks)
  const [xStride, dyStride] = [apart(block * inChannels * 4), apart(block * outChannels * 4)]
  const productBytes = (blocks > 1 ? (inChannels / 4) * (outChannels / 8) : device.threads) * 36 * 128
  const zeroBytes = align(Math.max(inChannels, outChannels) * 4)
  device.scratch(productBytes + 36 * (xStride + dyStride) + zeroBytes + 736 * device.threads, (products) => {
    const xTiles = products + productBytes
    const dyTiles = xTiles + 36 * xStride
    const zeros = dyTiles + 36 * dyStride
    device.zero(zeros, zeroBytes)
    for (let first = 0; first < tiles; first += block) {
      const count = Math.min(block, tiles - first)
      device.run(
        'winogradTiles',
        [
          device.address(x), device.address(dy), xTiles, dyTiles, zeros + zeroBytes, zeros, info.inHeight, info.inWidth, inChannels,
          outHeight, outWidth, outChannels, -info.padInfo.top, -info.padInfo.left, first, count, xStride, dyStride, block,
        ],
        200 * count * (inChannels + outChannels),
      )
      device.run(
        'winogradFilterGradient',
        [
          xTiles, dyTiles, products, device.address(dw), inChannels, outChannels, count, block, xStride, dyStride,
          first === 0 ? 1 : 0, first + block >= tiles ? 1 : 0, blocks > 1 ? 1 : 0,
        ],
        72 * count * inChannels * outChannels,
      )
    }
  })
}

const winogradFilterGradientPays = (info: Info): boolean => {
  const { filterHeight, filterWidth, inChannels, outChannels, outHeight, outWidth, batchSize } = info
  if (filterHeight !== 3 || filterWidth !== 3 || inChannels % 4 !== 0 || outChannels % 8 !== 0) return false
  if (info.strideHeight * info.strideWidth * info.dilationHeight * info.dilationWidth !== 1) return false
  const tiles = winogradTiles({ batch: batchSize, rows: outHeight, columns: outWidth, stepY: 1, stepX: 1 })
  return batchSize * outHeight * outWidth * 9 > 36 * (tiles * (1 + 12 / inChannels + 12 / outChannels) + 8)
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
    device.ints(offsets, taps.flatMap(({ y, x: left }) => [y, left]))
    const scratch = offsets + offsetBytes
    const rows = scratch + threadBytes * device.threads
    if (padded) device.run('padRows', [device.address(dy), rows, pixels, outChannels, padded], pixels * padded)
    device.run(
      'filterGradient',
      [
        device.address(x), padded ? rows : device.address(dy), device.address(dw), scratch, threadBytes, (padded || outChannels) * 4,
        batchSize, outHeight, outWidth, info.strideHeight, info.strideWidth, info.inHeight, info.inWidth, inChannels, outChannels,
        taps.length, offsets, gather, block,
      ],
      2 * pixels * taps.length * inChannels * outChannels,
    )
  })
  return dw
}
