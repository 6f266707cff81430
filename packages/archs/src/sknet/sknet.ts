import { type ConvBn, convBn } from '@resfn/conv-bn'
import { type FollowedBy, followedBy, type Sequential, sequential } from '@resfn/layer'
import { makers } from '@resfn/makers'
import { type SelectiveKernel, selectiveKernel, type SelectiveKernelOptions } from '@resfn/selective-kernel'
import type { ShortcutPlace } from '../resnet/shortcuts.ts'
import { groupedWidth } from '../resnet/kinds.ts'

/** The branch of a basic block whose first convolution selects its kernel. */
export type SelectiveBasicBranch = Sequential<{ readonly conv1: SelectiveKernel; readonly conv2: ConvBn }>

/** The branch of a bottleneck whose 3x3 convolution selects its kernel. */
export type SelectiveBottleneckBranch = Sequential<{
  readonly conv1: FollowedBy<ConvBn>
  readonly conv2: SelectiveKernel
  readonly conv3: ConvBn
}>

/** What selects, and the groups of a ResNeXt. */
export type SelectiveOptions = Pick<SelectiveKernelOptions, 'hidden' | 'on' | 'groups'> & {
  /** channels of a group in the first stage, which double with each stage; 64 by default */
  readonly groupWidth?: number
}

/**
 * Branches of basic blocks whose first convolution selects its kernel, as a function of the place: `bn(conv(sk(x)))`.
 *
 * @param options hidden features, and how the paths take their input
 * @see timm, `timm/models/sknet.py`, `SelectiveKernelBasic`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { selectiveBasicBranches } from '@resfn/archs/sknet'
 *
 * assert.deepEqual(selectiveBasicBranches()({ out: 128, stride: 2 }).plan([56, 56, 64]).output, [28, 28, 128])
 * ```
 */
export const selectiveBasicBranches =
  (options: Pick<SelectiveOptions, 'hidden' | 'on'> = {}): ((place: ShortcutPlace) => SelectiveBasicBranch) =>
  ({ out, stride }) =>
    sequential({ conv1: selectiveKernel({ ...options, out, stride }), conv2: convBn({ out, size: 3 }) })

/**
 * Branches of bottlenecks whose 3x3 convolution selects its kernel, as a function of the place:
 * `bn(conv(sk(act(bn(conv(x))))))`. 32 groups of 4 channels are those of the paper.
 *
 * @param options hidden features, how the paths take their input, and the groups and their width
 * @see Li et al., "Selective kernel networks" (2019), table 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { selectiveBottleneckBranches } from '@resfn/archs/sknet'
 *
 * const branch = selectiveBottleneckBranches({ groups: 32, groupWidth: 4 })({ out: 256, stride: 1 })
 * assert.deepEqual(branch.plan([56, 56, 64]).params.conv2.paths.path1.conv.weight.shape, [3, 3, 4, 128])
 * ```
 */
export const selectiveBottleneckBranches =
  ({ groups = 1, groupWidth = 64, ...options }: SelectiveOptions = {}): ((
    place: ShortcutPlace,
  ) => SelectiveBottleneckBranch) =>
  ({ out, stride }) => {
    const width = groupedWidth(out, { groups, groupWidth })
    return sequential({
      conv1: followedBy(convBn({ out: width, size: 1 }), makers.act),
      conv2: selectiveKernel({ ...options, out: width, groups, stride }),
      conv3: convBn({ out, size: 1 }),
    })
  }
