import { relu } from '@resfn/activation'
import { createNet } from '@resfn/archs'
import { batchNorm } from '@resfn/batch-norm'
import { cbam } from '@resfn/cbam'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { efficientChannelAttention } from '@resfn/efficient-channel-attention'
import { identityAdd } from '@resfn/identity-add'
import { followedBy, sequential } from '@resfn/layer'
import { globalAvgPool } from '@resfn/pool'
import { projectedAdd, projection, subsampleAndPad } from '@resfn/projected-add'
import { squeezeAndExcitation } from '@resfn/squeeze-and-excitation'
import { stage } from '@resfn/stage'
import type { Vocabulary } from './program.ts'

/** What the programs of compositions import. */
export const vocabulary: Vocabulary = {
  relu: { from: '@resfn/activation', value: relu },
  createNet: { from: '@resfn/archs', value: createNet },
  batchNorm: { from: '@resfn/batch-norm', value: batchNorm },
  cbam: { from: '@resfn/cbam', value: cbam },
  conv2d: { from: '@resfn/conv2d', value: conv2d },
  dense: { from: '@resfn/dense', value: dense },
  efficientChannelAttention: { from: '@resfn/efficient-channel-attention', value: efficientChannelAttention },
  identityAdd: { from: '@resfn/identity-add', value: identityAdd },
  followedBy: { from: '@resfn/layer', value: followedBy },
  sequential: { from: '@resfn/layer', value: sequential },
  globalAvgPool: { from: '@resfn/pool', value: globalAvgPool },
  projectedAdd: { from: '@resfn/projected-add', value: projectedAdd },
  projection: { from: '@resfn/projected-add', value: projection },
  subsampleAndPad: { from: '@resfn/projected-add', value: subsampleAndPad },
  squeezeAndExcitation: { from: '@resfn/squeeze-and-excitation', value: squeezeAndExcitation },
  stage: { from: '@resfn/stage', value: stage },
}
