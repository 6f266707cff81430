import type { TensorInfo } from '@tensorflow/tfjs-core'
import { type Device, sizeOf } from './device.ts'
import { cells, pairs, quotient, split } from './glsl.ts'

type Named<N extends string> = { readonly [name in N]: TensorInfo }

/** Fragments that keep a GPU busy, about. */
const busy = 2048

/** A literal of GLSL. */
const literal = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value))

/** A tensor as rows of channels: how many rows there are, and texels along them and across. */
const rowsOf = ({ shape }: TensorInfo) => {
  const channels = shape.at(-1)!
  const { batch, down, across } = cells(shape)
  const odd = (shape.at(-2) ?? 1) % 2 === 1
  return { channels, rows: sizeOf(shape) / channels, texels: batch * down, down, across, odd, count: sizeOf(shape) }
}

/**
 * Two sums over all axes but the last, (s0, s1, t0, t1) for each pair of channels. `add` is GLSL that adds the values
 * of one row, of which `LANES` are the two in a texel, to `sum`; `begin` runs before. Both read the texel `at` and the
 * `pair` of channels.
 */
const reduceRows = (
  device: Device,
  {
    name,
    inputs,
    begin,
    add,
  }: { readonly name: string; readonly begin: string; readonly add: string } & {
    readonly inputs: { readonly x: TensorInfo } & { readonly [name: string]: TensorInfo }
  },
): TensorInfo => {
  const { channels, texels, down, across, odd, count } = rowsOf(inputs.x)
  const chunks = Math.max(1, Math.min(Math.ceil(busy / across), Math.ceil(Math.sqrt(texels))))
  const length = Math.ceil(texels / chunks)
  const [first, second] = ['rg', 'ba'].map((lanes) => add.replaceAll('LANES', lanes))
  const last = `row - ${quotient('row', down, count)} * ${down} == ${down - 1}`
  return device.run({
    key: `${name} ${inputs.x.shape}`,
    outputs: { sum: [chunks, 2, channels] },
    inputs,
    code: () => `
  ${split([['pair', across]], 'chunk', chunks * across)}
  ${begin}
  int end = min(${texels}, (chunk + 1) * ${length});
  for (int row = chunk * ${length}; row < end; row++) {
    int at = row * ${across} + pair;
    ${first}
    ${odd ? (down === 1 ? '' : `if (!(${last})) { ${second} }`) : second}
  }`,
  })[0]!
}

/** GLSL that adds up the parts of a reduction. */
const whole = ({ shape: [chunks, , channels] }: TensorInfo): string => `
  vec4 total = vec4(0);
  for (int chunk = 0; chunk < ${chunks}; chunk++) { total += parts_(chunk * ${pairs(channels!)} + i); }`

/**
 * Mean and biased variance over all axes but the last, then y = weight (x - mean) / sqrt(variance + epsilon) + bias.
 * The sums are of x less its first row, so that a large mean costs no digits.
 */
export const batchNormTrain = (
  device: Device,
  { x, weight, bias }: Named<'x' | 'weight' | 'bias'>,
  epsilon: number,
): [TensorInfo, TensorInfo, TensorInfo] => {
  const { channels, rows, across, count } = rowsOf(x)
  const parts = reduceRows(device, {
    name: 'moments',
    inputs: { x },
    begin: 'vec2 first = x_(pair).rg; vec4 v; vec2 d;',
    add: 'v = x_(at); d = v.LANES - first; sum += vec4(d, d * d);',
  })
  const [mean, variance, factors] = device.run({
    key: `moments of ${rows} ${parts.shape} ${epsilon}`,
    outputs: { mean: [channels], variance: [channels], factors: [2, channels] },
    inputs: { parts, x, weight },
    code: () => `${whole(parts)}
  vec4 d = total / ${literal(rows)};
  mean.rg = x_(i).rg + d.rg;
  vec2 v = d.ba - d.rg * d.rg;
  // A variance of NaN stays NaN.
  variance.rg = mix(v, vec2(0), lessThan(v, vec2(0)));
  factors = vec4(mean.rg, weight_(i).rg * inversesqrt(variance.rg + ${literal(epsilon)}));`,
  })
  device.dispose(parts)
  const [y] = device.run({
    key: `normalise ${x.shape}`,
    outputs: { y: x.shape },
    inputs: { x, factors: factors!, bias },
    code: () => `
  ${split([['pair', across]], 'row', count)}
  vec4 f = factors_(pair);
  y = (x_here - f.rgrg) * f.baba + bias_(pair).rgrg;`,
  })
  device.dispose(factors!)
  return [y!, mean!, variance!]
}

/** The closed-form gradient of batchNormTrain: [dx, dweight, dbias]. */
export const batchNormTrainGradient = (
  device: Device,
  { dy, x, weight, mean, variance }: Named<'dy' | 'x' | 'weight' | 'mean' | 'variance'>,
  epsilon: number,
): [TensorInfo, TensorInfo, TensorInfo] => {
  const { channels, rows, across, count } = rowsOf(x)
  const parts = reduceRows(device, {
    name: 'moments of the gradient',
    inputs: { x, dy, mean },
    begin: 'vec2 middle = mean_(pair).rg; vec4 v; vec4 g;',
    add: 'v = x_(at); g = dy_(at); sum += vec4(g.LANES * (v.LANES - middle), g.LANES);',
  })
  const [dweight, dbias, factors, summands] = device.run({
    key: `moments of the gradient of ${rows} ${parts.shape} ${epsilon}`,
    outputs: { dweight: [channels], dbias: [channels], factors: [2, channels], summands: [2, channels] },
    inputs: { parts, weight, mean, variance },
    code: () => `${whole(parts)}
  vec2 r = inversesqrt(variance_(i).rg + ${literal(epsilon)});
  vec2 a = weight_(i).rg * r;
  dweight.rg = total.rg * r;
  dbias.rg = total.ba;
  factors = vec4(a, a * r * dweight.rg / ${literal(rows)});
  summands = vec4(mean_(i).rg, a * dbias.rg / ${literal(rows)});`,
  })
  device.dispose(parts)
  const [dx] = device.run({
    key: `normalise the gradient ${x.shape}`,
    outputs: { dx: x.shape },
    inputs: { dy, x, factors: factors!, summands: summands! },
    code: () => `
  ${split([['pair', across]], 'row', count)}
  vec4 f = factors_(pair);
  vec4 s = summands_(pair);
  dx = f.rgrg * dy_here - s.baba - f.baba * (x_here - s.rgrg);`,
  })
  device.dispose(factors!)
  device.dispose(summands!)
  return [dx!, dweight!, dbias!]
}
