import { relu } from '@resfn/activation'
import { cifarMakers, cifarResnet, noShortcuts } from '@resfn/archs/cifar-resnet'
import { cifarPreActivationResnet } from '@resfn/archs/pre-activation'
import { batchNorm } from '@resfn/batch-norm'
import { dense } from '@resfn/dense'
import { identityAdd } from '@resfn/identity-add'
import { type AnyLayer, followedBy, kaimingNormal, type Layer, lift, normal, repeat, sequential } from '@resfn/layer'
import type { Makers } from '@resfn/makers'
import { scaleBy } from '@resfn/scale'
import type { Words } from '../lesson.ts'

/** The width of a net, and how many blocks it has. */
type Size = { readonly blocks: number; readonly width: number }

/** A net of dense layers: its name, a block of it, and what theory says of its squared gradient. */
export type DenseKind = {
  readonly name: Words
  readonly block: (size: Size) => AnyLayer
  /** The squared norm of the gradient by the input over that by the output, after so many blocks. */
  readonly theory?: (blocks: number) => number
}

const layer = ({ width }: Size): AnyLayer =>
  dense({ out: width, bias: false, initial: { weight: kaimingNormal('in') } })

/** The kinds, by the ids of their cells. */
export const denseKinds: { readonly [kind: string]: DenseKind } = {
  'plain-bn': {
    name: { en: 'plain, BN', zh: '普通，BN' },
    block: (size) => followedBy(sequential({ fc: layer(size), bn: batchNorm() }), relu),
    theory: (blocks) => (Math.PI / (Math.PI - 1)) ** blocks,
  },
  'residual-bn': {
    name: { en: 'residual, BN', zh: '残差，BN' },
    block: (size) =>
      followedBy(
        identityAdd(sequential({ fc1: layer(size), bn1: batchNorm(), act: relu, fc2: layer(size), bn2: batchNorm() })),
        relu,
      ),
  },
  'pre-activation-bn': {
    name: { en: 'pre-act., BN', zh: '预激活，BN' },
    block: (size) => identityAdd(sequential({ bn: batchNorm(), act: relu, fc: layer(size) })),
    theory: (blocks) =>
      Array.from({ length: blocks }, (_, l) => 1 + 1 / (1 + l * (1 - 1 / Math.PI))).reduce((a, b) => a * b, 1),
  },
  plain: {
    name: { en: 'plain', zh: '普通' },
    block: (size) => followedBy(layer(size), relu),
    theory: () => 1,
  },
  'small-gain': {
    name: { en: 'plain, gain 1', zh: '普通，增益 1' },
    block: ({ width }) =>
      followedBy(dense({ out: width, bias: false, initial: { weight: normal(1 / Math.sqrt(width)) } }), relu),
    theory: (blocks) => 0.5 ** blocks,
  },
  'pre-activation': {
    name: { en: 'pre-act.', zh: '预激活' },
    block: (size) => identityAdd(sequential({ act: relu, fc: layer(size) })),
    theory: (blocks) => 2 ** blocks,
  },
  scaled: {
    name: { en: 'pre-act., branch × L^-1/2', zh: '预激活，分支 × L^-1/2' },
    block: (size) => identityAdd(followedBy(sequential({ act: relu, fc: layer(size) }), scaleBy(size.blocks ** -0.5))),
    theory: (blocks) => (1 + 1 / blocks) ** blocks,
  },
}

/** Blocks of a kind in a row. */
export const denseNet = ({ block }: DenseKind, size: Size): Layer<unknown, unknown> =>
  repeat(Array.from({ length: size.blocks }, () => block(size))) as Layer<unknown, unknown>

const withoutNorm: Makers<AnyLayer> = { ...cifarMakers, norm: () => lift((x) => x, { kind: 'no normalisation' }) }

type ConvOptions = { readonly depth: number; readonly classes: number }
type ConvKind = { readonly name: Words; readonly make: (options: ConvOptions, makers?: Makers<AnyLayer>) => AnyLayer }

const forms: { readonly [form: string]: ConvKind } = {
  plain: {
    name: { en: 'plain', zh: '普通' },
    make: (options, makers = cifarMakers) =>
      cifarResnet<AnyLayer, AnyLayer, AnyLayer, AnyLayer>({ ...options, shortcuts: noShortcuts }, makers),
  },
  residual: {
    name: { en: 'residual', zh: '残差' },
    make: (options, makers = cifarMakers) => cifarResnet<AnyLayer>(options, makers),
  },
  'pre-activation': {
    name: { en: 'pre-act.', zh: '预激活' },
    make: (options, makers) => cifarPreActivationResnet({ ...options, units: 'basic' }, makers),
  },
}

/** The convolutional nets, with and without normalisation. */
export const convKinds: { readonly [kind: string]: ConvKind & { readonly normalised: boolean } } = Object.fromEntries(
  Object.entries(forms).flatMap(([form, { name, make }]) => [
    [`${form}-bn`, { name: { en: `${name.en}, BN`, zh: `${name.zh}，BN` }, normalised: true, make }],
    [form, { name, normalised: false, make: (options: ConvOptions) => make(options, withoutNorm) }],
  ]),
)
