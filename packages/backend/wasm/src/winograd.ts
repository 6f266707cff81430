// The host side of assembly/winograd*.ts: when Winograd's method pays, and the scratch memory that it works in.
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import { align, type Convolution, type Grid, type Info, type Tap } from './geometry.ts'

// Winograd's 36 points a tile of 16 outputs against 9 taps a pixel; transforms cost about as much as 12 channels more on each
// side, and the filter's own as much as 4 tiles.
const winogradTiles = ({ batch, rows, columns }: Grid): number => batch * Math.ceil(rows / 4) * Math.ceil(columns / 4)
export const winogradPays = ({ grid, from, to, place, taps }: Convolution): boolean => {
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
const winogradByPanels = (
  device: Device,
  { source, weights, bias, clamp, out, grid, from, to, taps }: Convolution,
): void => {
  const ordered = inReadingOrder(taps)
  const padded = Math.ceil(winogradTiles(grid) / 6) * 6
  const pointStride = apart(padded * from.depth * 4)
  const biasBytes = align(to.depth * 4)
  const zeroBytes = align(from.depth * 4)
  const startBytes = align(36)
  const threadBytes = 36 * (from.depth * 64 + 64) + padded * 2 * 36 * 32
  device.scratch(
    36 * pointStride + biasBytes + zeroBytes + startBytes + (736 + threadBytes) * device.threads,
    (tiles) => {
      const biasAt = tiles + 36 * pointStride
      const zeros = biasAt + biasBytes
      const starts = zeros + zeroBytes
      const scratch = starts + startBytes
      device.zero(biasAt, biasBytes + zeroBytes)
      device.ints(
        starts,
        ordered.map(({ at }) => at),
      )
      if (bias !== undefined) device.run('padRows', [bias.at, biasAt, 1, to.depth, to.depth], 0)
      device.run(
        'winogradSource',
        [
          source,
          tiles,
          scratch,
          zeros,
          grid.batch,
          from.height,
          from.width,
          from.depth,
          to.height,
          to.width,
          ordered[0]!.y,
          ordered[0]!.x,
          pointStride,
        ],
        200 * padded * from.depth,
      )
      const [low, high] = clamp ?? [-Infinity, Infinity]
      device.run(
        'winogradPanels',
        [
          tiles,
          weights.at,
          starts,
          weights.depthStride,
          weights.outStride,
          biasAt,
          out,
          scratch + 736 * device.threads,
          threadBytes,
          grid.batch,
          to.height,
          to.width,
          from.depth,
          to.depth,
          pointStride,
          { float: low },
          { float: high },
        ],
        72 * padded * from.depth * to.depth,
      )
    },
  )
}

export const winograd = (device: Device, convolution: Convolution): void => {
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
    device.ints(
      starts,
      ordered.map(({ at }) => at),
    )
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
        source,
        filter,
        biasAt,
        out,
        starts + startBytes,
        threadBytes,
        zeros,
        grid.batch,
        from.height,
        from.width,
        from.depth,
        to.height,
        to.width,
        to.depth,
        ordered[0]!.y,
        ordered[0]!.x,
        block,
        { float: low },
        { float: high },
        filterStride,
      ],
      72 * tiles * from.depth * to.depth,
    )
  })
}

// Blocks of tiles whose two transforms stay in the cache; their products are added up over blocks.
export const winogradFilterGradient = (
  device: Device,
  info: Info,
  { x, dy, dw }: { readonly [name in 'x' | 'dy' | 'dw']: TensorInfo },
): void => {
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
          device.address(x),
          device.address(dy),
          xTiles,
          dyTiles,
          zeros + zeroBytes,
          zeros,
          info.inHeight,
          info.inWidth,
          inChannels,
          outHeight,
          outWidth,
          outChannels,
          -info.padInfo.top,
          -info.padInfo.left,
          first,
          count,
          xStride,
          dyStride,
          block,
        ],
        200 * count * (inChannels + outChannels),
      )
      device.run(
        'winogradFilterGradient',
        [
          xTiles,
          dyTiles,
          products,
          device.address(dw),
          inChannels,
          outChannels,
          count,
          block,
          xStride,
          dyStride,
          first === 0 ? 1 : 0,
          first + block >= tiles ? 1 : 0,
          blocks > 1 ? 1 : 0,
        ],
        72 * count * inChannels * outChannels,
      )
    }
  })
}

export const winogradFilterGradientPays = (info: Info): boolean => {
  const { filterHeight, filterWidth, inChannels, outChannels, outHeight, outWidth, batchSize } = info
  if (filterHeight !== 3 || filterWidth !== 3 || inChannels % 4 !== 0 || outChannels % 8 !== 0) return false
  if (info.strideHeight * info.strideWidth * info.dilationHeight * info.dilationWidth !== 1) return false
  const tiles = winogradTiles({ batch: batchSize, rows: outHeight, columns: outWidth, stepY: 1, stepX: 1 })
  return batchSize * outHeight * outWidth * 9 > 36 * (tiles * (1 + 12 / inChannels + 12 / outChannels) + 8)
}
