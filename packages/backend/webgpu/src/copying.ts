import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import { type Device, sizeOf, spread } from './device.ts'

const threads = 256

/** A tensor repeated along its axes: y[i] = x[i mod shape of x]. */
export const tile = (device: Device, x: TensorInfo, reps: readonly number[]): TensorInfo => {
  const shape = x.shape.map((size, axis) => size * reps[axis]!)
  const y = device.output(shape)
  const strides = [...util.computeStrides([...x.shape]), 1]
  const steps = shape
    .map((size, axis) => `source += rest % ${size}u % ${x.shape[axis]!}u * ${strides[axis]!}u; rest /= ${size}u;`)
    .toReversed()
  device.run(
    {
      key: `tile ${x.shape} by ${reps}`,
      outputs: { y: 'f32' },
      inputs: { x: 'f32' },
      code: () => `
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * ${threads}u + local;
  if (i >= arrayLength(&y)) { return; }
  var rest = i;
  var source = 0u;
  ${steps.join('\n  ')}
  y[i] = x[source];
}`,
      workgroups: spread(Math.ceil(sizeOf(shape) / threads)),
    },
    [y],
    [x],
  )
  return y
}
