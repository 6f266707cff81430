import { cifarMakers, noShortcuts, optionA } from '@resfn/archs/cifar-resnet'
import { bareShortcut, preActivationKind } from '@resfn/archs/pre-activation'
import { type AnyBlockKind, bottlenecks, type Place, smallStem, threeStages } from '@resfn/archs/resnet'
import { conv2d } from '@resfn/conv2d'
import { type AnyLayer, type Layer, sequential, untyped, zeros } from '@resfn/layer'
import { preActivationBottleneckBranch } from '@resfn/pre-activation'
import { recompute } from '@resfn/recompute'
import type { Words } from '../lesson.ts'
import type { ThousandLayersRecipe } from './recipe.ts'

const { conv, norm, act } = cifarMakers

/** Bottlenecks of pre-activation; `change` replaces layers of their branches. */
const preActivated = (change: (place: Place) => { readonly conv3?: AnyLayer } = () => ({})): AnyBlockKind =>
  preActivationKind({
    expansion: 4,
    branch: (place) =>
      sequential({
        ...preActivationBottleneckBranch({ out: place.out, stride: place.stride, strideOn: '1x1' }, cifarMakers).layers,
        ...change(place),
      }),
    shortcut: bareShortcut(cifarMakers),
  })

/** A net of three stages: how many blocks each has, of which kind, and what the papers measured. */
type DeepNet = {
  readonly name: Words
  readonly blocks: number
  readonly kind: AnyBlockKind
  /** What pre-activation moves from the stem to the end of the net. */
  readonly isPreActivated: boolean
  /** The test error on CIFAR-10. */
  readonly paper: string
}

export type NetName = 'plain-110' | 'original-1202' | 'original-1001' | 'pre-activation-1001' | 'zero-branch-1001'

/** The nets of the lesson, by the ids of their cells. */
export const nets: { readonly [name in NetName]: DeepNet } = {
  'plain-110': {
    name: { en: 'plain 110', zh: '普通 110' },
    blocks: 18,
    kind: noShortcuts(cifarMakers),
    isPreActivated: false,
    paper: '> 60 %',
  },
  'original-1202': {
    name: { en: 'original 1202', zh: '原始 1202' },
    blocks: 200,
    kind: optionA(cifarMakers),
    isPreActivated: false,
    paper: '7.93 %',
  },
  'original-1001': {
    name: { en: 'original 1001', zh: '原始 1001' },
    blocks: 111,
    kind: bottlenecks({ strideOn: '1x1' }, cifarMakers),
    isPreActivated: false,
    paper: '7.61 %',
  },
  'pre-activation-1001': {
    name: { en: 'pre-act. 1001', zh: '预激活 1001' },
    blocks: 111,
    kind: preActivated(),
    isPreActivated: true,
    paper: '4.92 %',
  },
  'zero-branch-1001': {
    name: { en: 'pre-act. 1001, zero branches', zh: '预激活 1001，零分支' },
    blocks: 111,
    kind: preActivated(({ out }) => ({ conv3: conv2d({ out, size: 1, initial: { weight: zeros } }) })),
    isPreActivated: true,
    paper: '–',
  },
}

/** The kind of block that computes its inside again in the reverse pass. */
const again = ({ expansion, ...parts }: AnyBlockKind): AnyBlockKind => {
  const [begin, down, keep] = [parts.begin, parts.down, parts.keep].map(
    (make) => (place: Place) => recompute(untyped(make(place))),
  )
  return { expansion, begin: begin!, down: down!, keep: keep! }
}

/** A net of the lesson for so many classes. */
export const deepNet = (
  name: NetName,
  { width, activations, classes }: Pick<ThousandLayersRecipe, 'width' | 'activations'> & { readonly classes: number },
): Layer<unknown, unknown> => {
  const { blocks, kind, isPreActivated } = nets[name]
  return untyped(
    threeStages<
      AnyLayer,
      AnyLayer,
      AnyLayer,
      { readonly [layer: string]: AnyLayer },
      { readonly [layer: string]: AnyLayer }
    >({
      stem: isPreActivated ? { conv1: conv({ out: width, size: 3 }) } : smallStem({ out: width }, cifarMakers),
      kind: activations === 'kept' ? kind : again(kind),
      blocks: [blocks, blocks, blocks],
      widths: [width, 2 * width, 4 * width],
      tail: isPreActivated ? { norm: norm(), act } : {},
      classes,
    }),
  )
}
