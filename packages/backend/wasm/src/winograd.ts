// When Winograd's method pays, and the scratch memory that it works in.
import type { Device } from './device.ts'
import { type Convolution, type Depths, depthsOf, filterKey, type Grid, panels, type Window } from './geometry.ts'
import { sizes } from './routines.generated.ts'
import { align } from './shape.ts'

// Up to so many tiles, or bytes, a transformed filter is kept.
const mostOfKept = { tiles: 128, bytes: 1_048_576 }
// Up to so many tiles times channels the transformed tiles fit the cache beside the products, for panels in turn.
const mostForPanels = { kept: 16_384, fresh: 65_536 }

type Tiled = Pick<Grid, 'batch' | 'rows' | 'columns'>
type WindowConvolution = Convolution & { readonly window: Window }

/** Number of tiles of 4x4 outputs. */
export const winogradTiles = ({ batch, rows, columns }: Tiled): number =>
  batch * Math.ceil(rows / 4) * Math.ceil(columns / 4)

/**
 * Whether 36 points a tile of 16 outputs beat 9 taps a pixel: transforms cost about as much as 12 channels more on each
 * side of a group, and the filter's own as much as `extraTiles` more.
 */
export const pays = (
  window: Window | undefined,
  grid: Tiled,
  { from, to, groups }: Depths & { readonly groups: number },
  extraTiles: number,
): boolean => {
  // The last panel may be a half, unless another group follows.
  const step = groups === 1 ? sizes.PANEL / 2 : sizes.PANEL
  if (window?.height !== 3 || window.width !== 3 || from % 4 !== 0 || to % step !== 0) return false
  const direct = grid.batch * grid.rows * grid.columns * 9
  return direct > sizes.POINTS * (winogradTiles(grid) * (1 + 12 / from + 12 / to) + extraTiles)
}

export const winogradPays = (convolution: Convolution): convolution is WindowConvolution =>
  pays(convolution.window, convolution.grid, { ...depthsOf(convolution), groups: convolution.groups }, 9)

/** Bytes between two points of something `bytes` long. */
export const apart = (bytes: number): number => align(bytes) + sizes.APART_BYTES

/** Channels of all panels, of which the last may be a half. */
export const widthOf = (channels: number): number => panels(channels) * sizes.PANEL

// The bias (or zeros), and a pixel of zeros for padding.
const prepare = (
  device: Device,
  { from, to, bias }: Convolution,
  at: { readonly bias: number; readonly zeros: number },
): void => {
  device.zero(at.zeros, from.depth * 4)
  const stride = widthOf(to.depth)
  if (bias === undefined) device.zero(at.bias, stride * 4)
  else device.run('padRows', { from: bias, to: at.bias, rows: 1, width: to.depth, stride }, 0)
}

// Where each tap's weights are.
const writeTaps = (device: Device, { taps }: Convolution, at: number): void => {
  const starts = taps.map((tap) => tap.at)
  device.ints(at, starts)
}

// Bytes between two points of a transformed filter.
const filterStride = (convolution: WindowConvolution): number =>
  apart(depthsOf(convolution).from * widthOf(convolution.to.depth) * 4)

const transformFilter = (device: Device, convolution: WindowConvolution, out: number): void => {
  const { weights, groups, taps } = convolution
  const { from: depth, to: outDepth } = depthsOf(convolution)
  const { at: w, depthStride, outStride, groupStride } = weights
  device.scratch({ tapAt: taps.length * 4 }, ({ tapAt }) => {
    writeTaps(device, convolution, tapAt)
    const pointStride = filterStride(convolution)
    device.run(
      'winogradFilter',
      { w, out, tapAt, depth, outDepth, groups, depthStride, outStride, groupStride, pointStride },
      100 * depth * outDepth * groups,
    )
  })
}

// The transformed filter has four times the bytes of the filter, and where there are many tiles its transform costs
// little.
const keepFilter = (device: Device, convolution: WindowConvolution): number | undefined => {
  const { weights, grid } = convolution
  const bytes = sizes.POINTS * filterStride(convolution)
  if (winogradTiles(grid) > mostOfKept.tiles && bytes > mostOfKept.bytes) return undefined
  const key = `winograd ${filterKey(convolution)}`
  return device.keep(weights.data, key, bytes, (place) => transformFilter(device, convolution, place))
}

const byPanels = (device: Device, convolution: WindowConvolution, kept: number | undefined): void => {
  const { source, weights, groups, clamp, residual = 0, out, grid, from, to, window } = convolution
  const ofGroup = depthsOf(convolution)
  const padded = Math.ceil(winogradTiles(grid) / sizes.ROWS) * sizes.ROWS
  const pointStride = apart(padded * from.depth * 4)
  const filterBytes = sizes.POINTS * (ofGroup.from * 2 * sizes.PANEL * 4 + sizes.APART_BYTES)
  const threadBytes = (kept === undefined ? filterBytes : 0) + padded * 2 * sizes.PRODUCT_BYTES
  const parts = {
    tiles: sizes.POINTS * pointStride,
    bias: widthOf(to.depth) * 4,
    zeros: from.depth * 4,
    tapAt: convolution.taps.length * 4,
    transforms: sizes.TRANSFORM_BYTES * device.threads,
    products: threadBytes * device.threads,
  }
  device.scratch(parts, (at) => {
    prepare(device, convolution, at)
    writeTaps(device, convolution, at.tapAt)
    device.run(
      'winogradSource',
      {
        source: source.at,
        out: at.tiles,
        scratch: at.transforms,
        zeros: at.zeros,
        batch: grid.batch,
        height: from.height,
        width: from.width,
        depth: from.depth,
        outHeight: to.height,
        outWidth: to.width,
        top: window.top,
        left: window.left,
        pointStride,
      },
      200 * padded * from.depth,
    )
    const [low, high] = clamp ?? [-Infinity, Infinity]
    device.run(
      'winogradPanels',
      {
        tiles: at.tiles,
        kept: kept ?? 0,
        keptStride: filterStride(convolution),
        w: weights.at,
        tapAt: at.tapAt,
        depthStride: weights.depthStride,
        outStride: weights.outStride,
        groupStride: weights.groupStride,
        bias: at.bias,
        residual,
        out,
        scratch: at.products,
        threadBytes,
        batch: grid.batch,
        outHeight: to.height,
        outWidth: to.width,
        depth: from.depth,
        outDepth: to.depth,
        groups,
        pointStride,
        abreast: device.abreast,
        low,
        high,
      },
      72 * padded * ofGroup.from * to.depth,
    )
  })
}

const byTiles = (device: Device, convolution: WindowConvolution, kept: number | undefined): void => {
  const { source, groups, clamp, residual = 0, out, grid, from, to, window } = convolution
  const ofGroup = depthsOf(convolution)
  const tiles = winogradTiles(grid)
  // As many tiles as keep their transform in half a mebibyte, in sixes, dealt evenly.
  const most = Math.max(sizes.ROWS, Math.floor(524_288 / (sizes.POINTS * from.depth * 4) / sizes.ROWS) * sizes.ROWS)
  const pieces = Math.ceil(tiles / most / device.threads) * device.threads
  const block = Math.ceil(tiles / pieces / sizes.ROWS) * sizes.ROWS
  const threadBytes =
    sizes.TRANSFORM_BYTES +
    block * device.abreast * sizes.PRODUCT_BYTES +
    sizes.POINTS * (block * from.depth * 4 + sizes.APART_BYTES)
  const parts = {
    filter: kept === undefined ? sizes.POINTS * filterStride(convolution) : 0,
    bias: widthOf(to.depth) * 4,
    zeros: from.depth * 4,
    threads: threadBytes * device.threads,
  }
  device.scratch(parts, (at) => {
    prepare(device, convolution, at)
    if (kept === undefined) transformFilter(device, convolution, at.filter)
    const [low, high] = clamp ?? [-Infinity, Infinity]
    device.run(
      'winograd',
      {
        source: source.at,
        filter: kept ?? at.filter,
        bias: at.bias,
        residual,
        out,
        scratch: at.threads,
        threadBytes,
        zeros: at.zeros,
        batch: grid.batch,
        height: from.height,
        width: from.width,
        depth: from.depth,
        outHeight: to.height,
        outWidth: to.width,
        outDepth: to.depth,
        groups,
        top: window.top,
        left: window.left,
        block,
        abreast: device.abreast,
        low,
        high,
        filterStride: filterStride(convolution),
      },
      72 * tiles * ofGroup.from * to.depth,
      pieces,
    )
  })
}

/** A 3x3 convolution of stride 1 by F(4x4, 3x3). */
export const winograd = (device: Device, convolution: WindowConvolution): void => {
  const { groups, grid, from, to } = convolution
  const kept = keepFilter(device, convolution)
  const tiles = winogradTiles(grid) * from.depth
  // A fresh filter goes by panels where it would not fit the cache once it is transformed.
  const byPanelsPays =
    kept === undefined
      ? (from.depth * to.depth) / groups >= 131_072 && tiles <= mostForPanels.fresh
      : winogradTiles(grid) <= mostOfKept.tiles && tiles <= mostForPanels.kept
  return byPanelsPays ? byPanels(device, convolution, kept) : byTiles(device, convolution, kept)
}
