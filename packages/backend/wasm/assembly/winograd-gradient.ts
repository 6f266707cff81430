// The filter gradient by Winograd's F(3x3, 4x4), on the points of winograd.ts.
import { bound, tilesOver } from './args'
import { denseOuterSum4x8 } from './micro-kernels.generated'
import { PANEL, POINTER_BYTES, POINTS, TRANSFORM_BYTES, UNIT_BYTES } from './sizes'
import { denseOuterSum4x16 } from './wide-kernels.generated'
import { filterGradientTransform, gradientTransform, inputTransform, tilePointers, zeroPoints } from './winograd-transforms'

@unmanaged class WinogradTiles {
  x: usize = 0
  dy: usize = 0
  xOut: usize = 0
  dyOut: usize = 0
  scratch: usize = 0 // TRANSFORM_BYTES a thread
  zeros: usize = 0
  height: i32 = 0
  width: i32 = 0
  depth: i32 = 0
  outHeight: i32 = 0
  outWidth: i32 = 0
  outDepth: i32 = 0
  top: i32 = 0
  left: i32 = 0
  first: i32 = 0
  count: i32 = 0
  xStride: usize = 0 // bytes between points
  dyStride: usize = 0 // bytes between points
  block: i32 = 0 // tiles
}

/** Transforms the tiles first .. first + count of x, to [point][depth / 4][block][4], and of dy, to [point][outDepth / 8][block][8]. */
export function winogradTiles(args: WinogradTiles, piece: i32, pieces: i32, thread: i32): void {
  const x = args.x, dy = args.dy, xOut = args.xOut, dyOut = args.dyOut
  const pointers = args.scratch + <usize>TRANSFORM_BYTES * thread, work = pointers + POINTER_BYTES
  const zeros = args.zeros
  const height = args.height, width = args.width, depthBytes = <usize>args.depth << 2
  const outHeight = args.outHeight, outWidth = args.outWidth, outBytes = <usize>args.outDepth << 2
  const top = args.top, left = args.left, first = args.first, count = args.count
  const xStride = args.xStride, dyStride = args.dyStride, block = <usize>args.block
  const tileRows = tilesOver(outHeight, 4), tileColumns = tilesOver(outWidth, 4)
  const end = bound(count, piece + 1, pieces)
  for (let i = bound(count, piece, pieces); i < end; i++) {
    const tile = first + i
    const column = tile % tileColumns, rest = tile / tileColumns
    const row = rest % tileRows, image = rest / tileRows
    tilePointers(
      pointers, x + <usize>(image * height * width) * depthBytes, (row << 2) + top, (column << 2) + left, height, width, depthBytes, zeros,
    )
    for (let offset: usize = 0; offset < depthBytes; offset += 16) {
      inputTransform(pointers, offset, work, xOut + offset * block + (<usize>i << 4), xStride)
    }
    tilePointers(
      pointers, dy + <usize>(image * outHeight * outWidth) * outBytes, row << 2, column << 2, outHeight, outWidth, outBytes, zeros,
    )
    for (let offset: usize = 0; offset < outBytes; offset += 32) {
      const to = dyOut + offset * block + (<usize>i << 5)
      gradientTransform(pointers, offset, work, to, dyStride)
      if (offset + 16 < outBytes) gradientTransform(pointers, offset + 16, work, to + 16, dyStride)
      else zeroPoints(to + 16, dyStride)
    }
  }
}

@unmanaged class WinogradFilterGradient {
  xTiles: usize = 0
  dyTiles: usize = 0
  products: usize = 0
  dw: usize = 0
  depth: i32 = 0
  outDepth: i32 = 0
  groups: i32 = 0
  count: i32 = 0
  block: usize = 0 // tiles
  xStride: usize = 0 // bytes between points
  dyStride: usize = 0 // bytes between points
  isFirst: i32 = 0
  isLast: i32 = 0
  allUnits: i32 = 0 // whether products has room for every unit, else for `abreast` a thread
  abreast: i32 = 0 // panels worked out at once: 1, or 2 where the engine joins vectors
}

/**
 * Adds up x tiles^T times dy tiles at each point, in units of four input by eight output channels that threads share; after the last
 * block of tiles, dw[3, 3, depth / groups, outDepth] = A^T products A.
 */
export function winogradFilterGradient(args: WinogradFilterGradient, piece: i32, pieces: i32, thread: i32): void {
  const x = args.xTiles, dy = args.dyTiles, products = args.products, dw = args.dw
  const depth = args.depth, outDepth = args.outDepth, count = args.count, block = args.block
  const xStride = args.xStride, dyStride = args.dyStride, fresh = args.isFirst != 0, last = args.isLast, all = args.allUnits
  const groupDepth = depth / args.groups, groupOut = outDepth / args.groups
  const fours = groupDepth >> 2, panels = tilesOver(groupOut, PANEL), units = args.groups * fours * panels
  const end = bound(units, piece + 1, pieces)
  for (let unit = bound(units, piece, pieces), live = 0; unit < end; unit += live) {
    const inAll = unit / panels, group = inAll / fours
    const panelOfGroup = unit - inAll * panels, panel = group * panels + panelOfGroup, four = inAll - group * fours
    live = min(min(args.abreast, panels - panelOfGroup), end - unit)
    const a = x + (<usize>inAll << 4) * block, panelBytes = block << 5, b = dy + <usize>panel * panelBytes
    const c = products + <usize>(all ? unit : thread * args.abreast) * UNIT_BYTES
    for (let point: usize = 0; point < <usize>POINTS; point++) {
      const ofA = a + point * xStride, ofB = b + point * dyStride, to = c + (point << 7)
      if (live == 2) denseOuterSum4x16(ofA, ofB, panelBytes, count, to, UNIT_BYTES, fresh)
      else denseOuterSum4x8(ofA, ofB, count, to, fresh)
    }
    for (let p = 0; last && p < live; p++) {
      const size = <usize>(groupDepth * outDepth) << 2, row = <usize>outDepth << 2
      const from = c + <usize>(p * UNIT_BYTES), to = dw + <usize>(four << 2) * row + (<usize>(panel + p) << 5)
      for (let r: usize = 0; r < 4; r++) {
        filterGradientTransform(from + (r << 5), to + r * row, size)
        if (groupOut - ((panelOfGroup + p) << 3) >= PANEL) filterGradientTransform(from + (r << 5) + 16, to + r * row + 16, size)
      }
    }
  }
}
