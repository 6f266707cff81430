import type { KeyMap, KeyPair } from '../key-map.ts'

type Names = readonly (readonly [ours: string, theirs: string])[]

/** What the ports call the parts of a module with a mask of this depth; the numbers follow the order of the steps. */
const photoNames: { readonly [depth: number]: Names } = {
  3: [
    ['hourglass.down', 'softmax1_blocks'],
    ['hourglass.skip', 'skip1_connection_residual_block'],
    ['hourglass.inner.down', 'softmax2_blocks'],
    ['hourglass.inner.skip', 'skip2_connection_residual_block'],
    ['hourglass.inner.inner.down', 'softmax3_blocks'],
    ['hourglass.inner.up', 'softmax4_blocks'],
    ['hourglass.up', 'softmax5_blocks'],
    ['mask', 'softmax6_blocks'],
  ],
  2: [
    ['hourglass.down', 'softmax1_blocks'],
    ['hourglass.skip', 'skip1_connection_residual_block'],
    ['hourglass.inner.down', 'softmax2_blocks'],
    ['hourglass.up', 'softmax3_blocks'],
    ['mask', 'softmax4_blocks'],
  ],
  1: [
    ['hourglass.down', 'softmax1_blocks'],
    ['mask', 'softmax2_blocks'],
  ],
}

const smallNames: { readonly [depth: number]: Names } = {
  2: [
    ['hourglass.down', 'down_residual_blocks1'],
    ['hourglass.skip', 'skip1_connection_residual_block'],
    ['hourglass.inner.down', 'middle_2r_blocks'],
    ['hourglass.up', 'up_residual_blocks1'],
    ['mask', 'conv1_1_blocks'],
  ],
  1: [
    ['hourglass.down', 'middle_2r_blocks'],
    ['mask', 'conv1_1_blocks'],
  ],
  0: [
    ['hourglass.down', 'middle_2r_blocks'],
    ['mask', 'conv1_1_blocks'],
  ],
}

/** What stands where in the `nn.Sequential` at the end of a mask. */
const activatedMask: Names = [
  ['norm1', '0'],
  ['conv1', '2'],
  ['norm2', '3'],
  ['conv2', '5'],
]
const plainMask: Names = [
  ['conv1', '0'],
  ['norm2', '1'],
  ['conv2', '3'],
]

/** The modules of three stages: the first is `attention_module1`, the next `attention_module1_2`. */
const modules = (depths: readonly number[], names: { readonly [depth: number]: Names }, mask: Names): KeyMap =>
  depths.flatMap((depth, s) =>
    [...names[depth]!, ['first', 'first_residual_blocks'], ['trunk', 'trunk_branches'], ['last', 'last_blocks']]
      .flatMap(([ours, theirs]) =>
        ours === 'mask' ? mask.map(([part, at]) => [`${ours}.${part}`, `${theirs}.${at}`]) : [[ours, theirs]],
      )
      .flatMap(([ours, theirs]): KeyPair[] => [
        [`layer${s + 1}.1.${ours}`, `attention_module${s + 1}.${theirs}`],
        [`layer${s + 1}.{i}.${ours}`, `attention_module${s + 1}_{i}.${theirs}`],
      ]),
  )

const stagesAndStatistics: KeyMap = [
  ['^conv1', 'conv1.0'],
  ['^bn1', 'conv1.1'],
  ['layer1.0', 'residual_block1'],
  ['layer2.0', 'residual_block2'],
  ['layer3.0', 'residual_block3'],
  ['layer4.{i}', 'residual_block{i+4}'],
  ['layer{s}.{i}', 'residual_block{s}_{i}'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]

const preActivated: KeyMap = [
  ...stagesAndStatistics,
  ['^norm', 'mpool2.0'],
  ['norm{j}', 'bn{j}'],
  ['shortcut', 'conv4'],
]

/**
 * The keys of tengshaofeng's port for 224 pixels, which the other nets of pre-activation units have here too.
 *
 * @see tengshaofeng, `ResidualAttentionNetwork-pytorch`, `ResidualAttentionModel_56` and `ResidualAttentionModel_92`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { tengshaofengKeys } from '@resfn/archs/residual-attention/keys'
 *
 * assert.equal(keyOf('layer2.2.mask.norm1.weight', tengshaofengKeys), 'attention_module2_2.softmax4_blocks.0.weight')
 * ```
 */
export const tengshaofengKeys: KeyMap = [...modules([3, 2, 1], photoNames, activatedMask), ...preActivated]

/**
 * The keys of tengshaofeng's port for 32 pixels.
 *
 * @see tengshaofeng, `ResidualAttentionNetwork-pytorch`, `ResidualAttentionModel_92_32input_update`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { tengshaofengCifarKeys } from '@resfn/archs/residual-attention/keys'
 *
 * const path = 'layer1.1.hourglass.up.conv1.weight'
 * assert.equal(keyOf(path, tengshaofengCifarKeys), 'attention_module1.up_residual_blocks1.conv1.weight')
 * ```
 */
export const tengshaofengCifarKeys: KeyMap = [...modules([2, 1, 0], smallNames, activatedMask), ...preActivated]

/**
 * The keys of the nets of ResNeXt blocks in the same scheme; they were released for Caffe alone.
 *
 * @see Wang et al., `AttentionNeXt-56-deploy.prototxt`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { attentionNextKeys } from '@resfn/archs/residual-attention/keys'
 *
 * assert.equal(keyOf('layer3.1.mask.conv1.weight', attentionNextKeys), 'attention_module3.softmax2_blocks.0.weight')
 * ```
 */
export const attentionNextKeys: KeyMap = [
  ...modules([3, 2, 1], photoNames, plainMask),
  ...stagesAndStatistics,
  ['shortcut.conv', 'conv4.0'],
  ['shortcut.bn', 'conv4.1'],
]
