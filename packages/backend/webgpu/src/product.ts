import type { TensorInfo } from '@tensorflow/tfjs-core'
import { type Device, type Element, sizeOf } from './device.ts'
import { elementwise } from './elementwise.ts'

/** Rows of k that a workgroup holds at once. */
const depth = 16
/** Threads of a workgroup along m. */
const down = 16
/** Workgroups that keep a large GPU busy, about. */
const busy = 264
/** Tiles of k that a workgroup works through at least, before it pays to divide them further. */
const leastTiles = 8

/**
 * One side of a product. `read` is WGSL that returns four neighbours from (outer, k): along k, or along the outer
 * index (m or n); what lies outside is 0. It reads `part`, `outer`, `k`, and the ends `size` and
 * `last` of the two, and may call functions of `code`.
 */
export type Side = {
  readonly along: 'k' | 'outer'
  readonly read: string
  readonly tensor: TensorInfo
  readonly element: Element
}

/**
 * A matrix product c(m, n) = sum of a(m, k) b(k, n), in `parts` that share a program: the groups of a convolution, the
 * phases of a stride. Sizes are WGSL expressions of `part` (u32), or numbers.
 */
export type Product = {
  readonly key: string
  readonly shape: readonly number[]
  readonly parts: number
  /** The largest sizes over the parts. */
  readonly most: { readonly m: number; readonly n: number; readonly k: number }
  /** WGSL of the sizes of a part; the largest ones where left out. */
  readonly sizes?: { readonly m: string; readonly k: string }
  readonly a: Side
  readonly b: Side
  /** WGSL of the place of (part, m, 0) in the output; those of one m are neighbours. */
  readonly at: string
  /** Functions and constants that `read` and `at` use. */
  readonly code: string
}

/** How a product is cut: rows of m a thread, the edge of a tile of n, and the parts of k. */
type Cut = { readonly rows: number; readonly edge: number; readonly splits: number }

const cutOf = ({ most: { m, n, k }, parts }: Product): Cut => {
  const edge = n > 32 ? 64 : n > 16 ? 32 : 16
  const tiles = (rows: number): number => Math.ceil(m / (down * rows)) * Math.ceil(n / edge) * parts
  const rows = tiles(8) >= busy ? 8 : 4
  const most = Math.max(1, Math.floor(Math.ceil(k / depth) / leastTiles))
  return { rows, edge, splits: Math.max(1, Math.min(most, Math.ceil(busy / tiles(rows)), 256)) }
}

const sum4 = ['x', 'y', 'z', 'w']
const range = (length: number): readonly number[] => Array.from({ length }, (_, i) => i)

/**
 * The shader: a tile of m by n a workgroup, 4 columns and `rows` rows a thread. Tiles of both sides lie in shared
 * memory four by four along the axis that they are read along, and each thread turns them in registers.
 */
const shader = ({ most, sizes, a, b, at, code, shape }: Product, { rows, edge, splits }: Cut): string => {
  const across = edge / 4
  const high = down * rows
  const threads = across * down
  // One more column, so that the rows of a tile begin in other banks.
  const pitch = depth / 4 + 1
  const stored = (side: Side, extent: number): number => (side.along === 'k' ? extent * pitch : (depth * extent) / 4)
  const load = (name: 'a' | 'b', side: Side, extent: number): string => {
    const quads = (extent * depth) / 4
    const place =
      side.along === 'k'
        ? `let o = q / ${depth / 4}u; let kk = 4u * (q % ${depth / 4}u); let slot = o * ${pitch}u + kk / 4u;`
        : `let kk = q / ${extent / 4}u; let o = 4u * (q % ${extent / 4}u); let slot = q;`
    const outer = `${name === 'a' ? 'firstM' : 'firstN'} + o`
    return `
    for (var q = local; q < ${quads}u; q += ${threads}u) {
      ${place}
      tile${name.toUpperCase()}[slot] = read${name.toUpperCase()}(part, ${outer}, k + kk, ${name === 'a' ? 'sizeM' : `${most.n}u`}, lastK);
    }`
  }
  // The rows of a thread are neighbours where a is read along m, and its columns where b is read along n.
  const row = (i: number): string =>
    a.along === 'k' ? `(y + ${i * down}u)` : `(y * 4u + ${Math.floor(i / 4) * down * 4 + (i % 4)}u)`
  const column = (j: number): string => (b.along === 'k' ? `(x + ${j * across}u)` : `(x * 4u + ${j}u)`)
  const as = (i: number, kk: number): string =>
    a.along === 'k' ? `a${i}.${sum4[kk]}` : `a${Math.floor(i / 4)}_${kk}.${sum4[i % 4]}`
  const bs = (kk: number): string =>
    b.along === 'k'
      ? `vec4f(${range(4)
          .map((j) => `b${j}.${sum4[kk]}`)
          .join(', ')})`
      : `b${kk}`
  const step = `{
      ${
        a.along === 'k'
          ? range(rows)
              .map((i) => `let a${i} = tileA[${row(i)} * ${pitch}u + kq];`)
              .join(' ')
          : range(rows / 4)
              .flatMap((i) =>
                range(4).map((kk) => `let a${i}_${kk} = tileA[(4u * kq + ${kk}u) * ${high / 4}u + y + ${i * down}u];`),
              )
              .join(' ')
      }
      ${
        b.along === 'k'
          ? range(4)
              .map((j) => `let b${j} = tileB[${column(j)} * ${pitch}u + kq];`)
              .join(' ')
          : range(4)
              .map((kk) => `let b${kk} = tileB[(4u * kq + ${kk}u) * ${across}u + x];`)
              .join(' ')
      }
      ${range(4)
        .map(
          (kk) =>
            `{ let v = ${bs(kk)}; ${range(rows)
              .map((i) => `c${i} = fma(vec4f(${as(i, kk)}), v, c${i});`)
              .join(' ')} }`,
        )
        .join('\n      ')}
    }`
  return `
${code}
fn readA(part: u32, outer: u32, k: u32, size: u32, last: u32) -> vec4f { ${a.read} }
fn readB(part: u32, outer: u32, k: u32, size: u32, last: u32) -> vec4f { ${b.read} }
fn placeOf(part: u32, m: u32) -> u32 { ${at} }
var<workgroup> tileA: array<vec4f, ${stored(a, high)}>;
var<workgroup> tileB: array<vec4f, ${stored(b, edge)}>;
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let part = group.z / ${splits}u;
  let split = group.z % ${splits}u;
  let sizeM = ${sizes?.m ?? `${most.m}u`};
  let sizeK = ${sizes?.k ?? `${most.k}u`};
  let chunk = (sizeK + ${depth * splits - 1}u) / ${depth * splits}u * ${depth}u;
  let lastK = min(sizeK, (split + 1u) * chunk);
  let firstM = group.x * ${high}u;
  let firstN = group.y * ${edge}u;
  let x = local % ${across}u;
  let y = local / ${across}u;
  ${range(rows)
    .map((i) => `var c${i} = vec4f();`)
    .join(' ')}
  for (var k = split * chunk; k < lastK; k += ${depth}u) {
    ${load('a', a, high)}
    ${load('b', b, edge)}
    workgroupBarrier();
    for (var kq = 0u; kq < ${depth / 4}u; kq++) ${step}
    workgroupBarrier();
  }
  let offset = split * ${sizeOf(shape)}u;
  ${range(rows)
    .map(
      (i) => `{
    let m = firstM + ${row(i)};
    if (m < sizeM) {
      let place = offset + placeOf(part, m);
      ${range(4)
        .map((j) => `{ let n = firstN + ${column(j)}; if (n < ${most.n}u) { c[place + n] = c${i}.${sum4[j]}; } }`)
        .join('\n      ')}
    }
  }`,
    )
    .join('\n  ')}
}`
}

/** Runs a product into a new tensor. Where tiles are few and k is long, workgroups share the sum over k. */
export const runProduct = (device: Device, product: Product): TensorInfo => {
  const cut = cutOf(product)
  const { rows, edge, splits } = cut
  const { most, parts, shape, a, b, key } = product
  const size = sizeOf(shape)
  const c = device.output(splits === 1 ? shape : [splits, size])
  device.run(
    {
      key: `${key} ${rows} ${edge} ${splits}`,
      outputs: { c: 'f32' },
      inputs: { a: a.element, b: b.element },
      code: () => shader(product, cut),
      workgroups: [Math.ceil(most.m / (down * rows)), Math.ceil(most.n / edge), parts * splits],
    },
    [c],
    [a.tensor, b.tensor],
  )
  if (splits === 1) return c
  const whole = elementwiseSum(device, c, shape, splits)
  device.dispose(c)
  return whole
}

/** The sum of `count` tensors that lie one after the other. */
const elementwiseSum = (device: Device, parts: TensorInfo, shape: readonly number[], count: number): TensorInfo =>
  elementwise(device, shape, {
    name: `sum of ${count}`,
    whole: { parts },
    outputs: ['whole'],
    code: `
  var sum = parts[i];
  for (var part = 1u; part < ${count}u; part++) { sum += parts[part * count + i]; }
  whole[i] = sum;`,
  }).whole
