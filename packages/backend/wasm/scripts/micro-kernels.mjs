// The micro-kernels, written out: the innermost loops of every product. WebAssembly has no arrays of registers, so each
// sum needs a name.

/** Text for each of 0 … count - 1, joined. */
const each = (count, text, separator = '\n') => Array.from({ length: count }, (_, i) => text(i)).join(separator)

// Byte offset as the last argument of a load or store; none for 0.
const plus = (bytes) => (bytes === 0 ? '' : `, ${bytes}`)

const indent = (text, depth) => text.replaceAll(/^(?=.)/gm, '  '.repeat(depth))

const vectors = (panels) => 2 * panels

/** Declares the sums of `rows` rows by some panels of eight columns as zeros. */
const zeros = (rows, panels) => {
  const names = Array.from({ length: rows * vectors(panels) - 1 }, (_, i) => sum(i + 1, panels))
  return `let c00 = f32x4.splat(0)\nlet ${names.map((name) => `${name} = c00`).join(', ')}`
}
const sum = (i, panels) => `c${Math.floor(i / vectors(panels))}${i % vectors(panels)}`

/** Declares what one step needs. */
const stepNames = (panels) => `let s: v128, ${each(vectors(panels), (v) => `b${v}: v128`, ', ')}`

// The panel that vector v is of, and its byte there.
const panelOf = (v) => (v < 2 ? 'b' : 'next')
const byteOf = (v) => 16 * (v % 2)

/** Adds a column of `rows` numbers (where `a` says) times a row of each panel, `at` bytes on, to the sums. */
const outer = (rows, panels, a, at = 0) =>
  `${each(vectors(panels), (v) => `b${v} = v128.load(${panelOf(v)}${plus(at + byteOf(v))})`, ', ')}\n` +
  each(
    rows,
    (r) =>
      `s = v128.load_splat<f32>(${a(r)}), ${each(vectors(panels), (v) => `c${r}${v} = madd(s, b${v}, c${r}${v})`, ', ')}`,
  )

// Moves on to the next `count` rows of the panels.
const advance = (panels, count) => `b += ${32 * count}${panels > 1 ? `, next += ${32 * count}` : ''}`

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

// Two panels are worked out at once only where the engine has relaxed SIMD.
const once = (count, steps) => `for (let k = ${count}; k > 0; k--) {\n${indent(steps(1), 1)}\n}`

const loop = (panels) => (panels > 1 ? once : repeatedly)

// `rows` rows of a, each with a pointer of its own: `depth` steps along them.
const alongRows = (rows, panels) =>
  loop(panels)(
    'depth',
    (count) => `${each(count, (k) => outer(rows, panels, (r) => `a${r}${plus(4 * k)}`, 32 * k))}
${each(rows, (r) => `a${r} += ${4 * count}`, ', ')}
${advance(panels, count)}`,
  )

// `count` steps down columns of `rows` numbers that are packed one after the other.
const downColumns = (rows, panels) =>
  loop(panels)(
    'count',
    (count) => `${each(count, (k) => outer(rows, panels, (r) => `a${plus(4 * (rows * k + r))}`, 32 * k))}
a += ${4 * rows * count}, ${advance(panels, count)}`,
  )

/** The name of a kernel for `rows` rows and some panels. */
const named = (name, rows, panels) => `${name}${rows}x${8 * panels}`

// The parameter, and what is derived from it, of a kernel for two panels.
const second = (panels, parameter) => (panels > 1 ? `${parameter}: usize, ` : '')
const also = (panels, text) => (panels > 1 ? `,\n * ${text}` : '')
const next = (panels, parameter) => (panels > 1 ? `\n  let next = b + ${parameter}` : '')

// Without a loop over taps around it: the V8 of Node 20 and 22 would keep pointers in memory, and take twice as long.
const product = (rows, panels) => `/**
 * sums[${panels}][${rows}, 8] = ${rows} rows of \`depth\` floats (pointers in \`rows\`, \`from\` bytes on) times the
 * packed panel b[depth, 8]${also(panels, 'and the panel `panelBytes` after b')}.
 */
export function ${named('product', rows, panels)}(rows: usize, from: usize, depth: i32, b: usize, ${second(panels, 'panelBytes')}sums: usize): void {
${indent(
  each(rows, (r) => `let a${r} = <usize>load<u32>(rows${plus(4 * r)}) + from`),
  1,
)}${next(panels, 'panelBytes')}
${indent(zeros(rows, panels), 1)}
${indent(stepNames(panels), 1)}
${indent(alongRows(rows, panels), 1)}
${indent(
  each(rows, (r) =>
    each(vectors(panels), (v) => `v128.store(sums, c${r}${v}${plus(32 * (rows * (v >> 1) + r) + byteOf(v))})`, ', '),
  ),
  1,
)}
}`

const denseProduct = (rows, panels) => `/**
 * c[${rows}, 8] = a[${rows}, depth] times the panel b[depth, 8]; strides in bytes${also(
   panels,
   'and `apart` bytes after c that of the panel `panelBytes` after b',
 )}.
 */
export function ${named('denseProduct', rows, panels)}(
  a0: usize, aStride: usize, depth: i32, b: usize, ${second(panels, 'panelBytes')}c: usize, ${second(panels, 'apart')}cStride: usize,
): void {
  let ${each(rows - 1, (r) => `a${r + 1} = a${r} + aStride`, ', ')}${next(panels, 'panelBytes')}
${indent(zeros(rows, panels), 1)}
${indent(stepNames(panels), 1)}
${indent(alongRows(rows, panels), 1)}
${indent(
  each(
    rows,
    (r) =>
      each(vectors(panels), (v) => `v128.store(c${v < 2 ? '' : ' + apart'}, c${r}${v}${plus(byteOf(v))})`, ', ') +
      (r < rows - 1 ? ', c += cStride' : ''),
  ),
  1,
)}
}`

const outerSum = (rows, panels) => {
  const row = (r, at) =>
    each(
      panels,
      (p) =>
        `addTo8(${at}${p === 0 ? '' : ` + ${32 * p}`}, c${r}${2 * p}, c${r}${2 * p + 1}, width${p === 0 ? '' : ` - ${8 * p}`})`,
      ', ',
    )
  return `/**
 * Adds the sum over \`count\` pixels of a[pixel][${rows}] (outer) b[pixel][8] to c, which has \`stride\` bytes a row,
 * \`height\` (1..${rows}) live rows and \`width\` (${8 * panels - 7}..${8 * panels}) live columns${also(
   panels,
   'of which the last eight are the panel `panelBytes` after b',
 )}.
 */
export function ${named('outerSum', rows, panels)}(
  a: usize, b: usize, ${second(panels, 'panelBytes')}count: i32, c: usize, stride: usize, height: i32, width: i32,
): void {${next(panels, 'panelBytes')}
${indent(zeros(rows, panels), 1)}
${indent(stepNames(panels), 1)}
${indent(downColumns(rows, panels), 1)}
  ${row(0, 'c')}
${indent(
  each(rows - 1, (r) => `if (height > ${r + 1}) ${row(r + 1, `c + ${r + 1} * stride`)}`),
  1,
)}
}`
}

const denseOuterSum = (rows, panels) => {
  const at = (r, v) => `c${v < 2 ? '' : ' + apart'}`
  const byte = (r, v) => plus(32 * r + byteOf(v))
  return `/**
 * c[${rows}, 8] (+)= the sum over \`count\` tiles of a[tile][${rows}] (outer) b[tile][8]; \`fresh\` starts from
 * zero${also(panels, 'and `apart` bytes after c the same of the panel `panelBytes` after b')}.
 */
export function ${named('denseOuterSum', rows, panels)}(
  a: usize, b: usize, ${second(panels, 'panelBytes')}count: i32, c: usize, ${second(panels, 'apart')}fresh: bool,
): void {${next(panels, 'panelBytes')}
${indent(zeros(rows, panels), 1)}
${indent(stepNames(panels), 1)}
${indent(downColumns(rows, panels), 1)}
  if (!fresh) {
${indent(
  each(rows, (r) =>
    each(vectors(panels), (v) => `c${r}${v} = f32x4.add(c${r}${v}, v128.load(${at(r, v)}${byte(r, v)}))`, ', '),
  ),
  2,
)}
  }
${indent(
  each(rows, (r) => each(vectors(panels), (v) => `v128.store(${at(r, v)}, c${r}${v}${byte(r, v)})`, ', ')),
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

const products = (panels) => [
  product(6, panels),
  denseProduct(6, panels),
  outerSum(6, panels),
  denseOuterSum(4, panels),
]

/** The texts of the generated files, by path. */
export const microKernels = new Map([
  ['assembly/micro-kernels.generated.ts', written('addTo8, madd', products(1))],
  ['assembly/wide-kernels.generated.ts', written('addTo8, madd', products(2))],
  [
    'assembly/row-kernels.generated.ts',
    written('clamp, madd', [...[1, 2].flatMap((stride) => [4, 8].map((depth) => slide(stride, depth))), rowSums()]),
  ],
])
