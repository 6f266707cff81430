// Winograd's minimal filtering F(4x4, 3x3) (Lavin & Gray, 2016, section 4.3):
// a 4x4 tile of outputs takes 36 products a channel pair instead of 144. The filter gradient is in winograd-gradient.ts.
import { bound, boundOfSteps, roundUp, tilesOver } from './args'
import { denseProduct6x8 } from './micro-kernels.generated'
import { APART_BYTES, PANEL, POINTER_BYTES, POINTS, PRODUCT_BYTES, ROWS, TRANSFORM_BYTES } from './sizes'
import { clamp } from './vectors'
import { denseProduct6x16 } from './wide-kernels.generated'
import { filterTransform, inputTransform, outputTransform, tilePointers, zeroPoints } from './winograd-transforms'

@unmanaged class WinogradFilter {
  w: usize = 0
  out: usize = 0
  tapAt: usize = 0 // nine byte offsets, row-major
  depth: i32 = 0 // of one group, a multiple of 4
  outDepth: i32 = 0 // of one group, a multiple of 4
  groups: i32 = 0
  depthStride: usize = 0
  outStride: usize = 0
  groupStride: usize = 0
  pointStride: usize = 0 // bytes between points
}

/** Transforms a filter into panels: out[point][group][panel][depth][8]. */
export function winogradFilter(args: WinogradFilter, piece: i32, pieces: i32): void {
  const w = args.w, out = args.out, tapAt = args.tapAt
  const depth = args.depth, panels = tilesOver(args.outDepth, PANEL)
  const depthStride = args.depthStride, outStride = args.outStride
  const pointStride = args.pointStride
  const units = args.groups * panels * depth
  const end = bound(units, piece + 1, pieces)
  for (let unit = bound(units, piece, pieces); unit < end; unit++) {
    const inAll = unit / depth, group = inAll / panels, panel = inAll - group * panels
    const from =
      w + <usize>group * args.groupStride + <usize>(unit - inAll * depth) * depthStride + <usize>(panel << 3) * outStride
    const to = out + (<usize>unit << 5)
    filterTransform(from, tapAt, outStride, to, pointStride)
    if (args.outDepth - (panel << 3) >= PANEL) filterTransform(from + 4 * outStride, tapAt, outStride, to + 16, pointStride)
    else zeroPoints(to + 16, pointStride)
  }
}

// Transforms the products of one tile and one panel back, adds bias and residual (in the layout of the output, or 0) and stores what
// of the 4x4 outputs lies in the image.
function outputTile(
  m: usize, tile: i32, tileRows: i32, tileColumns: i32, panel: i32, bias: usize, residual: usize, out: usize, outHeight: i32, outWidth: i32,
  outDepth: i32, low: v128, high: v128,
): void {
  const whole = outDepth - (panel << 3) >= PANEL
  outputTransform(m, 32)
  if (whole) outputTransform(m + 16, 32)
  const bias0 = v128.load(bias + (<usize>panel << 5)), bias1 = v128.load(bias + (<usize>panel << 5), 16)
  const column = tile % tileColumns << 2, rest = tile / tileColumns
  const row = rest % tileRows << 2, image = rest / tileRows
  const rows = min(4, outHeight - row), columns = min(4, outWidth - column)
  const outBytes = <usize>outDepth << 2, apart = residual - out
  const to = out + <usize>((image * outHeight + row) * outWidth + column) * outBytes + (<usize>panel << 5)
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const from = m + <usize>(y * 6 + x) * 32, at = to + <usize>(y * outWidth + x) * outBytes
      let sum = f32x4.add(v128.load(from), bias0)
      if (residual) sum = f32x4.add(sum, v128.load(at + apart))
      v128.store(at, clamp(sum, low, high))
      if (!whole) continue
      sum = f32x4.add(v128.load(from, 16), bias1)
      if (residual) sum = f32x4.add(sum, v128.load(at + apart, 16))
      v128.store(at, clamp(sum, low, high), 16)
    }
  }
}

// The products at one point of six tiles, `tileBytes` apart, and `live` panels; those of a tile are `toStride` bytes apart.
@inline function multiply(
  a: usize, tileBytes: usize, depth: i32, b: usize, panelBytes: usize, live: i32, abreast: i32, to: usize, toStride: usize,
): void {
  if (live == 2 && abreast == 2) return denseProduct6x16(a, tileBytes, depth, b, panelBytes, to, PRODUCT_BYTES, toStride)
  for (let panel: usize = 0; panel < <usize>live; panel++) {
    denseProduct6x8(a, tileBytes, depth, b + panel * panelBytes, to + panel * PRODUCT_BYTES, toStride)
  }
}

@unmanaged class Winograd {
  source: usize = 0
  filter: usize = 0
  bias: usize = 0 // floats for all panels
  residual: usize = 0 // added to out, in its layout; or 0
  out: usize = 0
  scratch: usize = 0
  threadBytes: usize = 0 // scratch of one thread
  zeros: usize = 0
  batch: i32 = 0
  height: i32 = 0
  width: i32 = 0
  depth: i32 = 0 // a multiple of 4, in each group
  outHeight: i32 = 0
  outWidth: i32 = 0
  outDepth: i32 = 0 // a multiple of 4, with groups of 8 in each
  groups: i32 = 0
  top: i32 = 0 // source row of output 0
  left: i32 = 0 // source column of output 0
  block: i32 = 0 // tiles, a multiple of 6
  abreast: i32 = 0 // panels worked out at once: 1, or 2 where the engine joins vectors
  low: f32 = 0
  high: f32 = 0
  filterStride: usize = 0 // bytes between points
}

/** The convolution, tile by tile: transform a block of source tiles, multiply at each of 36 points, transform back. */
export function winograd(args: Winograd, piece: i32, pieces: i32, thread: i32): void {
  const source = args.source, filter = args.filter, bias = args.bias, out = args.out
  const zeros = args.zeros
  const batch = args.batch, height = args.height, width = args.width, depth = args.depth
  const outHeight = args.outHeight, outWidth = args.outWidth, outDepth = args.outDepth, top = args.top, left = args.left
  const block = args.block, abreast = args.abreast
  const filterStride = args.filterStride
  const low = f32x4.splat(args.low), high = f32x4.splat(args.high)
  const depthBytes = <usize>depth << 2

  const pointers = args.scratch + args.threadBytes * thread
  const work = pointers + POINTER_BYTES
  const products = pointers + TRANSFORM_BYTES
  const tileStride = <usize>abreast * PRODUCT_BYTES
  const transformed = products + <usize>block * tileStride
  // One line more than the tiles need, or all points of a tile would fall on one set of the cache.
  const pointStride = <usize>block * depthBytes + APART_BYTES

  const tileRows = tilesOver(outHeight, 4), tileColumns = tilesOver(outWidth, 4)
  const tiles = batch * tileRows * tileColumns
  const panels = tilesOver(outDepth, PANEL), panelsOfGroup = panels / args.groups, groupDepth = depth / args.groups
  const panelBytes = <usize>groupDepth << 5
  const end = boundOfSteps(tiles, ROWS, piece + 1, pieces)
  for (let start = boundOfSteps(tiles, ROWS, piece, pieces); start < end; start += block) {
    const count = min(block, end - start)
    for (let i = 0; i < count; i++) {
      const tile = start + i
      const column = tile % tileColumns, rest = tile / tileColumns
      const row = rest % tileRows, image = rest / tileRows
      tilePointers(
        pointers, source + <usize>(image * height * width) * depthBytes, (row << 2) + top, (column << 2) + left, height, width, depthBytes, zeros,
      )
      for (let offset: usize = 0; offset < depthBytes; offset += 16) {
        // Padding points at `zeros`, which is as deep as the source.
        inputTransform(pointers, offset, work, transformed + <usize>i * depthBytes + offset, pointStride)
      }
    }
    const padded = roundUp(count, ROWS)
    for (let point = 0; point < POINTS; point++) {
      for (let at: usize = <usize>count * depthBytes; at < <usize>padded * depthBytes; at += 16) {
        v128.store(transformed + <usize>point * pointStride + at, f32x4.splat(0))
      }
    }
    for (let panel = 0, live = 0; panel < panels; panel += live) {
      const group = panel / panelsOfGroup
      live = min(abreast, (group + 1) * panelsOfGroup - panel)
      for (let point = 0; point < POINTS; point++) {
        const b = filter + <usize>point * filterStride + <usize>panel * panelBytes
        const a = transformed + <usize>point * pointStride + (<usize>(group * groupDepth) << 2)
        for (let i = 0; i < padded; i += ROWS) {
          multiply(
            a + <usize>i * depthBytes, depthBytes, groupDepth, b, panelBytes, live, abreast,
            products + <usize>i * tileStride + (<usize>point << 5), tileStride,
          )
        }
      }
      for (let i = 0; i < count; i++) {
        for (let p = 0; p < live; p++) {
          outputTile(
            products + <usize>i * tileStride + <usize>(p * PRODUCT_BYTES), start + i, tileRows, tileColumns, panel + p, bias, args.residual, out,
            outHeight, outWidth, outDepth, low, high,
          )
        }
      }
    }
  }
}

@unmanaged class WinogradSource {
  source: usize = 0
  out: usize = 0
  scratch: usize = 0
  zeros: usize = 0
  batch: i32 = 0
  height: i32 = 0
  width: i32 = 0
  depth: i32 = 0
  outHeight: i32 = 0
  outWidth: i32 = 0
  top: i32 = 0
  left: i32 = 0
  pointStride: usize = 0
}

/** Transforms all tiles of the source, [point][tile][depth], for winogradPanels; rows up to a multiple of six are zero. */
export function winogradSource(args: WinogradSource, piece: i32, pieces: i32, thread: i32): void {
  const source = args.source, out = args.out, zeros = args.zeros
  const pointers = args.scratch + <usize>TRANSFORM_BYTES * thread, work = pointers + POINTER_BYTES
  const height = args.height, width = args.width, depthBytes = <usize>args.depth << 2
  const top = args.top, left = args.left, pointStride = args.pointStride
  const tileRows = tilesOver(args.outHeight, 4), tileColumns = tilesOver(args.outWidth, 4)
  const tiles = args.batch * tileRows * tileColumns
  const padded = roundUp(tiles, ROWS)
  const end = bound(padded, piece + 1, pieces)
  for (let tile = bound(padded, piece, pieces); tile < end; tile++) {
    const to = out + <usize>tile * depthBytes
    if (tile >= tiles) {
      for (let point: usize = 0; point < <usize>POINTS; point++) {
        for (let offset: usize = 0; offset < depthBytes; offset += 16) v128.store(to + point * pointStride + offset, f32x4.splat(0))
      }
      continue
    }
    const column = tile % tileColumns, rest = tile / tileColumns
    const row = rest % tileRows, image = rest / tileRows
    tilePointers(
      pointers, source + <usize>(image * height * width) * depthBytes, (row << 2) + top, (column << 2) + left, height, width, depthBytes, zeros,
    )
    for (let offset: usize = 0; offset < depthBytes; offset += 16) inputTransform(pointers, offset, work, to + offset, pointStride)
  }
}

@unmanaged class WinogradPanels {
  tiles: usize = 0
  kept: usize = 0 // a filter that winogradFilter has transformed, or 0
  keptStride: usize = 0 // bytes between its points
  w: usize = 0
  tapAt: usize = 0 // nine byte offsets, row-major
  depthStride: usize = 0
  outStride: usize = 0
  groupStride: usize = 0
  bias: usize = 0 // floats for all panels
  residual: usize = 0 // added to out, in its layout; or 0
  out: usize = 0
  scratch: usize = 0
  threadBytes: usize = 0 // scratch of one thread
  batch: i32 = 0
  outHeight: i32 = 0
  outWidth: i32 = 0
  depth: i32 = 0 // a multiple of 4, in each group
  outDepth: i32 = 0 // a multiple of 4, with groups of 8 in each
  groups: i32 = 0
  pointStride: usize = 0 // bytes between points
  abreast: i32 = 0 // panels worked out at once: 1, or 2 where the engine joins vectors
  low: f32 = 0
  high: f32 = 0
}

/**
 * The rest of the convolution, two panels of output channels at a time: their filter is transformed in the cache and used at once.
 * For few tiles and many channels, where a transformed filter would not fit the cache.
 */
export function winogradPanels(args: WinogradPanels, piece: i32, pieces: i32, thread: i32): void {
  const transformed = args.tiles, kept = args.kept, w = args.w, tapAt = args.tapAt
  const depthStride = args.depthStride, outStride = args.outStride
  const bias = args.bias, out = args.out
  const scratch = args.scratch + args.threadBytes * thread
  const outHeight = args.outHeight, outWidth = args.outWidth, outDepth = args.outDepth
  const pointStride = args.pointStride
  const low = f32x4.splat(args.low), high = f32x4.splat(args.high)
  const depth = args.depth / args.groups, panelsOfGroup = tilesOver(outDepth / args.groups, PANEL)
  const depthBytes = <usize>args.depth << 2, panelBytes = <usize>depth << 5
  const filterStride = kept ? args.keptStride : 2 * panelBytes + APART_BYTES
  const products = kept ? scratch : scratch + POINTS * filterStride
  const tileRows = tilesOver(outHeight, 4), tileColumns = tilesOver(outWidth, 4)
  const tiles = args.batch * tileRows * tileColumns
  const pairsOfGroup = (panelsOfGroup + 1) >> 1, pairs = args.groups * pairsOfGroup
  const end = bound(pairs, piece + 1, pieces)
  for (let pair = bound(pairs, piece, pieces); pair < end; pair++) {
    const group = pair / pairsOfGroup, inGroup = (pair - group * pairsOfGroup) << 1
    const first = group * panelsOfGroup + inGroup
    const live = min(2, panelsOfGroup - inGroup)
    const filter = kept ? kept + <usize>first * panelBytes : scratch
    for (let d = 0; !kept && d < depth; d++) {
      for (let panel = 0; panel < live; panel++) {
        const from =
          w + <usize>group * args.groupStride + <usize>d * depthStride + <usize>((inGroup + panel) << 3) * outStride
        const to = filter + <usize>panel * panelBytes + (<usize>d << 5)
        filterTransform(from, tapAt, outStride, to, filterStride)
        if (outDepth - ((first + panel) << 3) >= PANEL) filterTransform(from + 4 * outStride, tapAt, outStride, to + 16, filterStride)
        else zeroPoints(to + 16, filterStride)
      }
    }
    const ofGroup = transformed + (<usize>(group * depth) << 2)
    for (let point = 0; point < POINTS; point++) {
      const b = filter + <usize>point * filterStride
      for (let i = 0; i < tiles; i += 6) {
        const a = ofGroup + <usize>point * pointStride + <usize>i * depthBytes
        multiply(
          a, depthBytes, depth, b, panelBytes, live, args.abreast, products + <usize>(i * 2 * PRODUCT_BYTES) + (<usize>point << 5),
          2 * PRODUCT_BYTES,
        )
      }
    }
    for (let panel = 0; panel < live; panel++) {
      for (let tile = 0; tile < tiles; tile++) {
        outputTile(
          products + <usize>((tile * 2 + panel) * POINTS) * 32, tile, tileRows, tileColumns, first + panel, bias, args.residual, out, outHeight,
          outWidth, outDepth, low, high,
        )
      }
    }
  }
}
