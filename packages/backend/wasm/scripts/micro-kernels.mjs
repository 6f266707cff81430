// The micro-kernels, written out: the innermost loops of every product. WebAssembly has no arrays of registers, so each
// sum needs a name.

/** Text for each of 0 … count - 1, joined. */
const each = (count, text, separator = '\n') => Array.from({ length: count }, (_, i) => text(i)).join(separator)

// Byte offset as the last argument of a load or store; none for 0.
const plus = (bytes) => (bytes === 0 ? '' : `, ${bytes}`)

const indent = (text, depth) => text.replaceAll(/^(?=.)/gm, '  '.repeat(depth))

/** Declares the sums of `rows` rows by eight columns as zeros. */
const zeros = (rows) =>
  `let c00 = f32x4.splat(0)\nlet c01 = c00, ${each(rows - 1, (r) => `c${r + 1}0 = c00, c${r + 1}1 = c00`, ', ')}`

/** Adds a column of `rows` numbers (where `a` says) times eight numbers, `at` bytes from b, to the sums. */
const outer = (rows, a, at = 0) =>
  `b0 = v128.load(b${plus(at)}), b1 = v128.load(b, ${at + 16})\n` +
  each(rows, (r) => `s = v128.load_splat<f32>(${a(r)}), c${r}0 = madd(s, b0, c${r}0), c${r}1 = madd(s, b1, c${r}1)`)

// `count` times a step, which `steps` writes out so often as it is told. V8 is fastest with two steps written out where
// a product is two instructions, and with one where it is one.
const repeatedly = (count, steps) => `let k = ${count}
if (!ASC_FEATURE_RELAXED_SIMD) {
  if (k & 1) {
${indent(steps(1), 2)}
  }
  for (k >>= 1; k > 0; k--) {
${indent(steps(2), 2)}
  }
} else {
  for (; k > 0; k--) {
${indent(steps(1), 2)}
  }
}`

// `rows` rows of a, each with a pointer of its own: `depth` steps along them.
const alongRows = (rows) =>
  repeatedly(
    'depth',
    (count) => `${each(count, (k) => outer(rows, (r) => `a${r}${plus(4 * k)}`, 32 * k))}
${each(rows, (r) => `a${r} += ${4 * count}`, ', ')}
b += ${32 * count}`,
  )

// `count` steps down columns of `rows` numbers that are packed one after the other.
const downColumns = (rows) =>
  repeatedly(
    'count',
    (count) => `${each(count, (k) => outer(rows, (r) => `a${plus(4 * (rows * k + r))}`, 32 * k))}
a += ${4 * rows * count}, b += ${32 * count}`,
  )

// Without a loop over taps around it: the V8 of Node 20 and 22 would keep pointers in memory, and take twice as long.
const product = (rows) => `/**
 * sums[${rows}, 8] = ${rows} rows of \`depth\` floats (pointers in \`rows\`, \`from\` bytes on) times the packed panel
 * b[depth, 8].
 */
export function product${rows}x8(rows: usize, from: usize, depth: i32, b: usize, sums: usize): void {
${indent(
  each(rows, (r) => `let a${r} = <usize>load<u32>(rows${plus(4 * r)}) + from`),
  1,
)}
${indent(zeros(rows), 1)}
  let s: v128, b0: v128, b1: v128
${indent(alongRows(rows), 1)}
${indent(
  each(rows, (r) => `v128.store(sums, c${r}0${plus(32 * r)}), v128.store(sums, c${r}1, ${32 * r + 16})`),
  1,
)}
}`

const denseProduct = (rows) => `/** c[${rows}, 8] = a[${rows}, depth] times the panel b[depth, 8]; strides in bytes. */
export function denseProduct${rows}x8(a0: usize, aStride: usize, depth: i32, b: usize, c: usize, cStride: usize): void {
  let ${each(rows - 1, (r) => `a${r + 1} = a${r} + aStride`, ', ')}
${indent(zeros(rows), 1)}
  let s: v128, b0: v128, b1: v128
${indent(alongRows(rows), 1)}
${indent(
  each(rows, (r) => `v128.store(c, c${r}0), v128.store(c, c${r}1, 16)${r < rows - 1 ? ', c += cStride' : ''}`),
  1,
)}
}`

const outerSum = (rows) => `/**
 * Adds the sum over \`count\` pixels of a[pixel][${rows}] (outer) b[pixel][8] to c, which has \`stride\` bytes a row,
 * \`height\` (1..${rows}) live rows and \`width\` (1..8) live columns.
 */
export function outerSum${rows}x8(a: usize, b: usize, count: i32, c: usize, stride: usize, height: i32, width: i32): void {
${indent(zeros(rows), 1)}
  let s: v128, b0: v128, b1: v128
${indent(downColumns(rows), 1)}
  addTo8(c, c00, c01, width)
${indent(
  each(rows - 1, (r) => `if (height > ${r + 1}) addTo8(c + ${r + 1} * stride, c${r + 1}0, c${r + 1}1, width)`),
  1,
)}
}`

const denseOuterSum = (rows) => {
  const at = (r, half) => plus(32 * r + 16 * half)
  return `/** c[${rows}, 8] (+)= the sum over \`count\` tiles of a[tile][${rows}] (outer) b[tile][8]; \`fresh\` starts from zero. */
export function denseOuterSum${rows}x8(a: usize, b: usize, count: i32, c: usize, fresh: bool): void {
${indent(zeros(rows), 1)}
  let s: v128, b0: v128, b1: v128
${indent(downColumns(rows), 1)}
  if (!fresh) {
${indent(
  each(rows, (r) => each(2, (half) => `c${r}${half} = f32x4.add(c${r}${half}, v128.load(c${at(r, half)}))`, ', ')),
  2,
)}
  }
${indent(
  each(rows, (r) => each(2, (half) => `v128.store(c, c${r}${half}${at(r, half)})`, ', ')),
  1,
)}
}`
}

/** Outputs of a row that are worked out together where a group has few channels. */
const run = 8

// One step along the depth: each source number is loaded once for the taps that reach it.
const acrossTaps = (stride, pixelBytes) => {
  const sums = (pixel) =>
    [0, 1, 2]
      .map((tap) => ({ tap, output: (pixel - tap) / stride }))
      .filter(({ output }) => Number.isInteger(output) && output >= 0 && output < run)
      .map(({ tap, output }) => `c${output} = madd(s, b${tap}, c${output})`)
  return `b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32)
${each((run - 1) * stride + 3, (pixel) => [`s = v128.load_splat<f32>(at${plus(pixelBytes * pixel)})`, ...sums(pixel)].join(', '))}`
}

const slide = (stride, depth) => `/**
 * ${run} neighbouring outputs of a row by four output channels: a 3x3 window of stride ${stride} over rows of pixels of
 * ${depth} channels, \`rowBytes\` apart, times \`b\` [3][${depth}][3][4]; starts from \`bias\`; clamps; stores
 * \`count\` outputs \`toStep\` bytes apart.
 */
export function slideStride${stride}Depth${depth}(
  a: usize, rowBytes: usize, b: usize, bias: v128, to: usize, toStep: usize, count: i32, low: v128, high: v128,
): void {
  let ${each(run, (p) => `c${p} = bias`, ', ')}
  let s: v128, b0: v128, b1: v128, b2: v128
  for (let row = 0; row < 3; row++, a += rowBytes) {
    let at = a
    for (let k = 0; k < ${depth}; k++, at += 4, b += 48) {
${indent(acrossTaps(stride, 4 * depth), 3)}
    }
  }
${indent(
  each(
    run,
    (p) =>
      `${p === 0 ? '' : `if (count > ${p}) `}v128.store(to, clamp(c${p}, low, high))${p < run - 1 ? ', to += toStep' : ''}`,
  ),
  1,
)}
}`

const rowSums = () => {
  const at = (tap, c) => plus(64 * tap + 16 * c)
  return `/**
 * Adds to c[3][4][4] the sum over \`count\` outputs of x[tap][c] (three taps, \`tapStep\` bytes apart, of four
 * channels) times dy[o] of four output channels; outputs are \`xStep\` and \`dyStep\` bytes apart.
 */
export function rowSums3x4(x: usize, xStep: usize, tapStep: usize, dy: usize, dyStep: usize, count: i32, c: usize): void {
${indent(
  each(3, (tap) => `let ${each(4, (i) => `c${tap}${i} = v128.load(c${at(tap, i)})`, ', ')}`),
  1,
)}
  let x1 = x + tapStep, x2 = x1 + tapStep
  let d: v128, s: v128
  for (; count > 0; count--, x += xStep, x1 += xStep, x2 += xStep, dy += dyStep) {
    d = v128.load(dy)
${indent(
  each(3, (tap) =>
    each(
      4,
      (i) => `s = v128.load_splat<f32>(x${tap === 0 ? '' : tap}${plus(4 * i)}), c${tap}${i} = madd(s, d, c${tap}${i})`,
    ),
  ),
  2,
)}
  }
${indent(
  each(3, (tap) => each(4, (i) => `v128.store(c, c${tap}${i}${at(tap, i)})`, ', ')),
  1,
)}
}`
}

const written = (imports, kernels) =>
  [
    `// Written by scripts/build-kernels.mjs from scripts/micro-kernels.mjs: do not edit.\nimport { ${imports} } from './vectors'`,
    ...kernels,
  ].join('\n\n') + '\n'

/** The texts of the generated files, by path. */
export const microKernels = new Map([
  [
    'assembly/micro-kernels.generated.ts',
    written('addTo8, madd', [product(6), denseProduct(6), outerSum(6), denseOuterSum(4)]),
  ],
  [
    'assembly/row-kernels.generated.ts',
    written('clamp, madd', [...[1, 2].flatMap((stride) => [4, 8].map((depth) => slide(stride, depth))), rowSums()]),
  ],
])
