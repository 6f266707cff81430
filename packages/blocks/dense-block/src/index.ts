export { type DenseBlock, denseBlock, type DenseBlockOptions } from './dense-block.ts'
export {
  type DenseBottleneck,
  denseBottleneck,
  type DenseBottleneckBranch,
  type DenseBottleneckOptions,
  type DenseBranch,
  type DenseLayer,
  denseLayer,
  type DenseLayerOptions,
} from './dense-layer.ts'
export { type Transition, transition, type TransitionOptions } from './transition.ts'
