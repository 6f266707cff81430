import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { ConvolutionInfo } from '@resfn/overlay'
import type { Device } from './device.ts'
import { constants, keyOf } from './geometry.ts'
import { type Product, runProduct, type Side } from './product.ts'

const lanes = ['x', 'y', 'z', 'w']

/**
 * A side of a product, from a function of WGSL that gives the place of (part, outer, k) in the tensor, or -1 for a
 * zero. Four at once where they are neighbours in memory.
 */
const side = (
  buffer: 'a' | 'b',
  tensor: TensorInfo,
  {
    along,
    four,
    place,
  }: {
    readonly along: Side['along']
    readonly four: boolean
    readonly place: (outer: string, k: string) => string
  },
): Side => ({
  along,
  tensor,
  element: four ? 'vec4f' : 'f32',
  read: four
    ? `
  if (outer >= size || k >= last) { return vec4f(); }
  let at = ${place('outer', 'k')};
  if (at < 0) { return vec4f(); }
  return ${buffer}[at / 4];`
    : `
  var v = vec4f();
  ${lanes
    .map((lane, i) => {
      const [o, kk] = along === 'k' ? ['outer', `(k + ${i}u)`] : [`(outer + ${i}u)`, 'k']
      return `if (${o} < size && ${kk} < last) { let at = ${place(o, kk)}; if (at >= 0) { v.${lane} = ${buffer}[at]; } }`
    })
    .join('\n  ')}
  return v;`,
})

// The place in x of an output pixel and of a channel of a tap of the filter, or -1 in the padding.
const patches = `
fn patchAt(part: u32, pixel: u32, tapChannel: u32) -> i32 {
  let tap = tapChannel / depth;
  let line = pixel / outWide;
  let row = i32((line % outHigh) * strideY + (tap / tapsX) * dilationY) - i32(top);
  let column = i32((pixel % outWide) * strideX + (tap % tapsX) * dilationX) - i32(left);
  if (row < 0 || row >= i32(high) || column < 0 || column >= i32(wide)) { return -1; }
  return ((i32(line / outHigh) * i32(high) + row) * i32(wide) + column) * i32(channels) +
    i32(part * depth + tapChannel % depth);
}`

const divisible = (channels: number, { groups }: ConvolutionInfo): boolean => (channels / groups) % 4 === 0
const pixels = ({ batchSize, outHeight, outWidth }: ConvolutionInfo): number => batchSize * outHeight * outWidth
const taps = ({ filterHeight, filterWidth }: ConvolutionInfo): number => filterHeight * filterWidth

/** The rows of a matrix of outputs: [pixels or taps and channels, all output channels], of one group. */
const outputRow = (row: string, column: string): string => `${row} * outs + part * outDepth + ${column}`

/** y[pixel, out] = sum of patch[pixel, tap and channel] filter[tap and channel, out], in each group. */
export const forward = (
  device: Device,
  info: ConvolutionInfo,
  { x, filter }: { readonly x: TensorInfo; readonly filter: TensorInfo },
): TensorInfo =>
  runProduct(device, {
    key: keyOf('convolution', info),
    shape: info.outShape,
    parts: info.groups,
    most: {
      m: pixels(info),
      n: info.outChannels / info.groups,
      k: (taps(info) * info.inChannels) / info.groups,
    },
    a: side('a', x, {
      along: 'k',
      four: divisible(info.inChannels, info),
      place: (outer, k) => `patchAt(part, ${outer}, ${k})`,
    }),
    b: side('b', filter, {
      along: 'outer',
      four: divisible(info.outChannels, info),
      place: (outer, k) => `i32(${outputRow(k, outer)})`,
    }),
    at: `return ${outputRow('m', '0u')};`,
    code: `${constants(info)}\n${patches}`,
  })

/** dfilter[tap and channel, out] = sum of patch[pixel, tap and channel] dy[pixel, out], in each group. */
export const filterGradient = (
  device: Device,
  info: ConvolutionInfo,
  { x, dy }: { readonly x: TensorInfo; readonly dy: TensorInfo },
): TensorInfo =>
  runProduct(device, {
    key: keyOf('filter gradient', info),
    shape: [info.filterHeight, info.filterWidth, info.inChannels / info.groups, info.outChannels],
    parts: info.groups,
    most: {
      m: (taps(info) * info.inChannels) / info.groups,
      n: info.outChannels / info.groups,
      k: pixels(info),
    },
    a: side('a', x, {
      along: 'outer',
      four: divisible(info.inChannels, info),
      place: (outer, k) => `patchAt(part, ${k}, ${outer})`,
    }),
    b: side('b', dy, {
      along: 'outer',
      four: divisible(info.outChannels, info),
      place: (outer, k) => `i32(${outputRow(k, outer)})`,
    }),
    at: `return ${outputRow('m', '0u')};`,
    code: `${constants(info)}\n${patches}`,
  })

// A stride leaves each phase of the input's rows and columns with taps of its own, so a phase is a dense product.
const phases = (phasesY: number, phasesX: number): string => `
const phasesY = ${phasesY}u;
const phasesX = ${phasesX}u;
fn phaseOf(part: u32) -> vec2u { return vec2u(part / phasesX % phasesY, part % phasesX); }
fn groupOf(part: u32) -> u32 { return part / (phasesY * phasesX); }
fn sizeOfPhase(part: u32) -> vec2u {
  let phase = phaseOf(part);
  return (max(vec2u(high, wide), phase) - phase + vec2u(phasesY, phasesX) - 1u) / vec2u(phasesY, phasesX);
}
fn firstTap(part: u32) -> vec2u { return (phaseOf(part) + vec2u(top, left)) % vec2u(phasesY, phasesX); }
fn tapsOf(part: u32) -> vec2u {
  let first = firstTap(part);
  return (max(vec2u(tapsY, tapsX), first) - first + vec2u(phasesY, phasesX) - 1u) / vec2u(phasesY, phasesX);
}
fn pixelsOf(part: u32) -> u32 { let size = sizeOfPhase(part); return batch * size.x * size.y; }
fn termsOf(part: u32) -> u32 { let count = tapsOf(part); return count.x * count.y * outDepth; }
fn pixelOf(part: u32, m: u32) -> vec3u {
  let size = sizeOfPhase(part);
  let line = m / size.y;
  return vec3u(line / size.x, phaseOf(part) + vec2u(phasesY, phasesX) * vec2u(line % size.x, m % size.y));
}
fn tapOf(part: u32, k: u32) -> vec2u {
  let tap = k / outDepth;
  let across = tapsOf(part).y;
  return firstTap(part) + vec2u(phasesY, phasesX) * vec2u(tap / across, tap % across);
}
fn gradientAt(part: u32, m: u32, k: u32) -> i32 {
  let pixel = pixelOf(part, m);
  let tap = tapOf(part, k);
  let reach = vec2i(pixel.yz + vec2u(top, left)) - vec2i(tap * vec2u(dilationY, dilationX));
  let stride = vec2i(vec2u(strideY, strideX));
  let place = reach / stride;
  if (any(reach < vec2i()) || any(place * stride != reach) || any(place >= vec2i(vec2u(outHigh, outWide)))) { return -1; }
  return ((i32(pixel.x) * i32(outHigh) + place.x) * i32(outWide) + place.y) * i32(outs) +
    i32(groupOf(part) * outDepth + k % outDepth);
}
fn weightAt(part: u32, n: u32, k: u32) -> i32 {
  let tap = tapOf(part, k);
  return i32(((tap.x * tapsX + tap.y) * depth + n) * outs + groupOf(part) * outDepth + k % outDepth);
}`

/** dx[pixel, channel] = sum of dy[the output pixel of pixel and tap, out] filter[tap, channel, out], in each group. */
export const inputGradient = (
  device: Device,
  info: ConvolutionInfo,
  { dy, filter }: { readonly dy: TensorInfo; readonly filter: TensorInfo },
): TensorInfo => {
  const phasesY = info.dilationHeight === 1 ? info.strideHeight : 1
  const phasesX = info.dilationWidth === 1 ? info.strideWidth : 1
  const four = divisible(info.outChannels, info)
  return runProduct(device, {
    key: keyOf('input gradient', info),
    shape: info.inShape,
    parts: info.groups * phasesY * phasesX,
    most: {
      m: info.batchSize * Math.ceil(info.inHeight / phasesY) * Math.ceil(info.inWidth / phasesX),
      n: info.inChannels / info.groups,
      k:
        (Math.ceil(info.filterHeight / phasesY) * Math.ceil(info.filterWidth / phasesX) * info.outChannels) /
        info.groups,
    },
    sizes: { m: 'pixelsOf(part)', k: 'termsOf(part)' },
    a: side('a', dy, { along: 'k', four, place: (outer, k) => `gradientAt(part, ${outer}, ${k})` }),
    b: side('b', filter, { along: 'k', four, place: (outer, k) => `weightAt(part, ${outer}, ${k})` }),
    at: `
  let pixel = pixelOf(part, m);
  return ((pixel.x * high + pixel.y) * wide + pixel.z) * channels + groupOf(part) * depth;`,
    code: `${constants(info)}\n${phases(phasesY, phasesX)}`,
  } satisfies Product)
}
