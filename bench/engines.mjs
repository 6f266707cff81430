// @ts-check
// Who takes part. `reduced`: a smaller batch (and at least one step) where the full one would take minutes; the table
// shows the batch. `quick: false` leaves the pair out of `--quick`.
import { nets, publishedNets } from './nets.mjs'

const named = Object.fromEntries(publishedNets.map((name) => [name, { quick: false }]))
const predicted = Object.fromEntries(Object.entries(named).filter(([name]) => nets[name].task === 'predict'))
const everywhere = { 'cifar-resnet8': {}, 'cifar-resnet20': {}, 'd2l-resnet18': {} }

export const engines = [
  { name: 'resfn wasm', module: 'resfn', threads: 1, nets: everywhere },
  { name: 'resfn wasm', module: 'resfn', threads: 2, nets: { ...everywhere, ...named } },
  { name: 'resfn wasm for inference', module: 'resfn', forInference: true, threads: 2, nets: predicted },
  { name: 'tf.layers wasm', module: 'tf-layers', backend: 'wasm', threads: 1, nets: { 'cifar-resnet8': {} } },
  { name: 'tf.layers @resfn/wasm', module: 'tf-layers', backend: '@resfn/wasm', threads: 2, nets: everywhere },
  {
    name: 'tf.layers cpu',
    module: 'tf-layers',
    backend: 'cpu',
    threads: 1,
    nets: { 'cifar-resnet8': { reduced: 1 }, 'cifar-resnet20': { reduced: 1, quick: false } },
  },
  {
    name: 'jax-js wasm',
    module: 'jax-js',
    threads: 1,
    nets: {
      'cifar-resnet8': { reduced: 8 },
      'cifar-resnet20': { reduced: 8, quick: false },
      'd2l-resnet18': { reduced: 1, quick: false },
    },
  },
  { name: 'PyTorch NCHW', python: 'NCHW', threads: 2, nets: { ...everywhere, ...named } },
  { name: 'PyTorch channels_last', python: 'channels_last', threads: 2, nets: { ...everywhere, ...named } },
]
