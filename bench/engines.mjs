// @ts-check
// Who takes part. `reduced`: a smaller batch (and at least one step) where the full one would take minutes; the table
// shows the batch. `quick: false` leaves the pair out of `--quick`.
import { nets, publishedNets } from './nets.mjs'

const named = Object.fromEntries(publishedNets.map((name) => [name, { quick: false }]))
const trained = Object.fromEntries(Object.entries(named).filter(([name]) => nets[name].task === 'train'))
const predicted = Object.fromEntries(Object.entries(named).filter(([name]) => nets[name].task === 'predict'))
const everywhere = { 'cifar-resnet8': {}, 'cifar-resnet20': {}, 'd2l-resnet18': {} }

/** V8 joins vectors of 128 bits, from Node 24 on; before, such a process ends. */
const joined = ['--experimental-wasm-revectorize']
/** PyTorch as on a machine without vectors of 512 bits. */
const narrow = { ATEN_CPU_CAPABILITY: 'avx2', ONEDNN_MAX_CPU_ISA: 'AVX2' }

export const engines = [
  { name: 'resfn wasm', module: 'resfn', threads: 1, nets: everywhere },
  { name: 'resfn wasm', module: 'resfn', threads: 2, nets: { ...everywhere, ...named } },
  { name: 'resfn wasm for inference', module: 'resfn', forInference: true, threads: 2, nets: predicted },
  {
    name: 'resfn wasm for inference, 256 bits',
    module: 'resfn',
    forInference: true,
    flags: joined,
    threads: 2,
    nets: predicted,
  },
  { name: 'resfn wasm, 256 bits', module: 'resfn', flags: joined, threads: 2, nets: { ...everywhere, ...trained } },
  { name: 'resfn native', module: 'resfn', backend: 'native', threads: 2, nets: { ...everywhere, ...named } },
  { name: 'tf.layers native', module: 'tf-layers', backend: 'native', threads: 2, nets: everywhere },
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
  { name: 'onnxruntime-node', module: 'onnxruntime', runtime: 'onnxruntime-node', threads: 2, nets: predicted },
  { name: 'onnxruntime-web', module: 'onnxruntime', runtime: 'onnxruntime-web', threads: 2, nets: predicted },
  { name: 'PyTorch NCHW', python: 'NCHW', threads: 2, nets: { ...everywhere, ...named } },
  { name: 'PyTorch channels_last', python: 'channels_last', threads: 2, nets: { ...everywhere, ...named } },
  { name: 'PyTorch AVX2 NCHW', python: 'NCHW', env: narrow, threads: 2, nets: predicted },
  { name: 'PyTorch AVX2 channels_last', python: 'channels_last', env: narrow, threads: 2, nets: predicted },
]
