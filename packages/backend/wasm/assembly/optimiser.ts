import { bound } from './args'

// Rows of addresses: [rows][width], of which the last is the number of floats. A row is a part of a parameter.
function row(rows: usize, index: i32, width: i32): usize {
  return rows + (<usize>(index * width) << 2)
}

@unmanaged class MomentumSteps {
  rows: usize = 0 // param, gradient, velocity, next param, next velocity, floats
  count: i32 = 0
  learningRate: f32 = 0
  momentum: f32 = 0
  nesterov: i32 = 0
}

/** kept = momentum velocity + gradient; next = param - learningRate kept, or with Nesterov's (momentum kept + gradient). */
export function momentumSteps(args: MomentumSteps, piece: i32, pieces: i32): void {
  const rate = args.learningRate, momentum = args.momentum, nesterov = args.nesterov != 0
  const rates = f32x4.splat(rate), momenta = f32x4.splat(momentum)
  const end = bound(args.count, piece + 1, pieces)
  for (let index = bound(args.count, piece, pieces); index < end; index++) {
    const at = row(args.rows, index, 6)
    const param = <usize>load<u32>(at), gradient = <usize>load<u32>(at, 4), velocity = <usize>load<u32>(at, 8)
    const next = <usize>load<u32>(at, 12), kept = <usize>load<u32>(at, 16), bytes = <usize>load<u32>(at, 20) << 2
    let i: usize = 0
    // Each product is rounded before it is added, as in the portable form.
    for (; i + 16 <= bytes; i += 16) {
      const g = v128.load(gradient + i), v = f32x4.add(f32x4.mul(v128.load(velocity + i), momenta), g)
      const direction = nesterov ? f32x4.add(f32x4.mul(v, momenta), g) : v
      v128.store(kept + i, v)
      v128.store(next + i, f32x4.sub(v128.load(param + i), f32x4.mul(direction, rates)))
    }
    for (; i < bytes; i += 4) {
      const g = load<f32>(gradient + i), v: f32 = load<f32>(velocity + i) * momentum + g
      const direction: f32 = nesterov ? v * momentum + g : v
      store<f32>(kept + i, v)
      store<f32>(next + i, load<f32>(param + i) - direction * rate)
    }
  }
}

@unmanaged class WeightDecay {
  rows: usize = 0 // gradient, param, penalised gradient, floats
  count: i32 = 0
  decay: f32 = 0
}

/** gradient + decay param. */
export function weightDecay(args: WeightDecay, piece: i32, pieces: i32): void {
  const decay = args.decay, decays = f32x4.splat(decay)
  const end = bound(args.count, piece + 1, pieces)
  for (let index = bound(args.count, piece, pieces); index < end; index++) {
    const at = row(args.rows, index, 4)
    const gradient = <usize>load<u32>(at), param = <usize>load<u32>(at, 4), out = <usize>load<u32>(at, 8)
    const bytes = <usize>load<u32>(at, 12) << 2
    let i: usize = 0
    for (; i + 16 <= bytes; i += 16) {
      v128.store(out + i, f32x4.add(v128.load(gradient + i), f32x4.mul(v128.load(param + i), decays)))
    }
    for (; i < bytes; i += 4) store<f32>(out + i, load<f32>(gradient + i) + load<f32>(param + i) * decay)
  }
}
