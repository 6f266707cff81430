import type { TensorInfo } from '@tensorflow/tfjs-core'
import { type Device, type Element, sizeOf, spread } from './device.ts'

/** Threads of a workgroup. */
const threads = 256

/**
 * Values one by one, four at a time where their number allows it. The code reads `i`, the index, and writes the outputs
 * there; the inputs in `whole` have the shape of the outputs, those in `channel` one value a channel, which the code
 * reads at `c`. `T` is the type of a value, `Bits` that of its bits.
 */
export type Elementwise<N extends string> = {
  readonly name: string
  readonly code: string
  readonly whole: { readonly [name: string]: TensorInfo }
  readonly channel?: { readonly [name: string]: TensorInfo }
  readonly outputs: readonly N[]
  /** Declarations before the function. */
  readonly constants?: string
  readonly numbers?: readonly number[]
}

/** Runs a function of values, and of the channel's values, into new tensors of the shape. */
export const elementwise = <N extends string>(
  device: Device,
  shape: readonly number[],
  { name, code, whole, channel = {}, outputs, constants = '', numbers }: Elementwise<N>,
): { readonly [name in N]: TensorInfo } => {
  const size = sizeOf(shape)
  const perChannel = Object.keys(channel).length > 0
  const channels = shape.at(-1) ?? 1
  const four = perChannel ? channels % 4 === 0 : size % 4 === 0
  const element: Element = four ? 'vec4f' : 'f32'
  const inputs = { ...whole, ...channel }
  const elements = (names: readonly string[]): { readonly [name: string]: Element } =>
    Object.fromEntries(names.map((name) => [name, element]))
  const made = outputs.map((name) => [name, device.output(shape)] as const)
  device.run(
    {
      key: [name, element, perChannel ? channels : '', constants].join(' '),
      outputs: elements(outputs),
      inputs: elements(Object.keys(inputs)),
      ...(numbers !== undefined && { numbers }),
      code: () => `
alias T = ${element};
alias Bits = ${four ? 'vec4u' : 'u32'};
${constants}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let count = arrayLength(&${outputs[0]});
  let i = (group.y * groups.x + group.x) * ${threads}u + local;
  if (i >= count) { return; }
  ${perChannel ? `let c = i % ${four ? channels / 4 : channels}u;` : ''}
  ${code}
}`,
      workgroups: spread(Math.ceil((four ? size / 4 : size) / threads)),
    },
    made.map(([, tensor]) => tensor),
    Object.values(inputs),
  )
  return Object.fromEntries(made) as { readonly [name in N]: TensorInfo }
}

/**
 * The larger of x and 0; NaN stays NaN. Drivers make a maximum of a comparison, which loses NaN, so the bits are
 * compared: those from -0 to -Infinity.
 */
export const relu = (device: Device, x: TensorInfo): TensorInfo =>
  elementwise(device, x.shape, {
    name: 'relu',
    whole: { x },
    outputs: ['y'],
    code: `let bits = bitcast<Bits>(x[i]);
  y[i] = select(x[i], T(), (bits >= Bits(0x80000000u)) & (bits <= Bits(0xff800000u)));`,
  }).y

/** dy where y is positive, else 0. */
export const reluGradient = (device: Device, dy: TensorInfo, y: TensorInfo): TensorInfo =>
  elementwise(device, dy.shape, {
    name: 'relu gradient',
    whole: { dy, y },
    outputs: ['dx'],
    code: 'dx[i] = select(T(), dy[i], y[i] > T());',
  }).dx

/** The sum of two tensors of one shape. */
export const add = (device: Device, a: TensorInfo, b: TensorInfo): TensorInfo =>
  elementwise(device, a.shape, { name: 'add', whole: { a, b }, outputs: ['y'], code: 'y[i] = a[i] + b[i];' }).y
