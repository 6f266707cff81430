import { cifarMakers, cifarResnet } from '@resfn/archs/cifar-resnet'
import { cifarPreActivationResnet } from '@resfn/archs/pre-activation'
import { type AnyLayer, editPart, followedBy, initFrom, repeat, type Shape } from '@resfn/layer'
import { fold, type Key } from '@resfn/random'
import { residualBranch } from '@resfn/residual-block'
import { type EditedNet, insertIdentity, type NetWithVariables } from '@resfn/surgery'
import type { Words } from '../lesson.ts'

type Make = (options: { readonly depth: number; readonly classes: number }) => AnyLayer

/** The residual nets, and which part is 0 in a block that is inserted. */
export const kinds: { readonly [kind: string]: { readonly name: Words; readonly zero: string; readonly make: Make } } =
  {
    residual: {
      name: { en: 'residual', zh: '残差' },
      zero: 'bn2',
      make: (options) => cifarResnet(options),
    },
    'pre-activation': {
      name: { en: 'pre-activation', zh: '预激活' },
      zero: 'conv2',
      make: (options) => cifarPreActivationResnet({ ...options, units: 'basic' }),
    },
  }

/** Where blocks go: stages, the shape of an image, and the key of their first values. */
export type Growth = { readonly stages: readonly string[]; readonly input: Shape; readonly key: Key }

const blocksOf = (stage: AnyLayer): readonly AnyLayer[] => Object.values(stage.parts?.layers ?? {})

/** How many blocks a stage has. */
const count = (net: AnyLayer, stage: string): number => {
  let found = 0
  editPart(net, stage, (part) => {
    found = blocksOf(part).length
    return part
  })
  return found
}

/** The net with a block more at the end of each stage, which computes the same. */
export const nested = (trees: NetWithVariables, { stages, input, key }: Growth): EditedNet =>
  stages.reduce<EditedNet>(
    (deeper, stage) => insertIdentity(deeper, { stage, index: count(deeper.net, stage), input, key: fold(key, stage) }),
    trees as EditedNet,
  )

/** The net with a block without a shortcut more at the end of each stage; its function is another. */
export const notNested = ({ net, params, state }: NetWithVariables, { stages, input, key }: Growth): EditedNet => {
  const deeper = stages.reduce(
    (edited, stage, i) =>
      editPart(edited, stage, (part) =>
        repeat([...blocksOf(part), followedBy(residualBranch({ out: 16 * 2 ** i }, cifarMakers), cifarMakers.act)]),
      ),
    editPart(net, '', (whole) => whole),
  )
  return { net: deeper, ...initFrom(deeper, { params, state }, key, input) }
}
