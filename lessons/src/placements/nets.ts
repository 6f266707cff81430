import { cifarMakers } from '@resfn/archs/cifar-resnet'
import { type AnyBlockKind, type Place, smallStem, threeStages } from '@resfn/archs/resnet'
import type { AnyLayer } from '@resfn/layer'
import { basicConvs, type Placement, type PlacementName, placedUnit, placements } from '@resfn/placements'
import { subsampleAndPad } from '@resfn/projected-add'
import type { Contestant } from '../compare-nets.ts'
import type { Words } from '../lesson.ts'

/** A net for small images of units with one placement: shortcuts of option A, and the same parts in all. */
const net =
  (placement: Placement) =>
  ({ depth, classes }: { readonly depth: number; readonly classes: number }): AnyLayer => {
    const { norm, act } = cifarMakers
    const { order } = placement
    const keep = ({ out, stride }: Place): AnyLayer =>
      placedUnit({ placement, convs: basicConvs({ out, stride }) }, cifarMakers)
    const down = ({ out, stride }: Place): AnyLayer =>
      placedUnit(
        { placement, convs: basicConvs({ out, stride }), shortcut: subsampleAndPad({ out, stride }) },
        cifarMakers,
      )
    const kind: AnyBlockKind = { expansion: 1, begin: keep, down, keep }
    const { conv1, ...activated } = smallStem({ out: 16 }, cifarMakers)
    // What a unit begins with before its convolution, the stem need not end with, and the net ends with.
    const first = order.indexOf('conv')
    const count = (depth - 2) / 6
    return threeStages({
      stem: first === 0 ? { conv1, ...activated } : { conv1 },
      kind,
      blocks: [count, count, count],
      tail: first === 0 ? {} : order[0] === 'norm' ? { norm: norm(), act } : { act },
      classes,
    })
  }

const rows: readonly (readonly [PlacementName, Words, string])[] = [
  ['original', { en: '(a) original', zh: '(a) 原始' }, '6.61 %'],
  ['normAfterAddition', { en: '(b) BN after addition', zh: '(b) 加法之后 BN' }, '8.17 %'],
  ['actBeforeAddition', { en: '(c) ReLU before addition', zh: '(c) 加法之前 ReLU' }, '7.84 %'],
  ['actPreActivation', { en: '(d) ReLU-only pre-act.', zh: '(d) 仅 ReLU 预激活' }, '6.71 %'],
  ['fullPreActivation', { en: '(e) full pre-activation', zh: '(e) 完全预激活' }, '6.37 %'],
]

/** The five placements, by their names in `@resfn/placements`. */
export const nets: { readonly [name in PlacementName]: Contestant } = Object.fromEntries(
  rows.map(([id, name, paper]) => [id, { name, paper, make: net(placements[id]) }]),
) as { readonly [name in PlacementName]: Contestant }
