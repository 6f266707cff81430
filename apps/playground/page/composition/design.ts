import { placements } from '@resfn/placements'
import { type Layer, untyped, type AnyLayer } from '@resfn/layer'
import type { Built, Composition } from './composition.ts'
import {
  call,
  type Definition,
  evaluate,
  type Expression,
  name,
  print,
  type Program,
  pruned,
  record,
} from './program.ts'
import { vocabulary } from './vocabulary.ts'

type Parts = readonly (readonly [name: string, layer: Expression])[]

const sequence = (parts: Parts): Expression => call('sequential', record(Object.fromEntries(parts)))
const [out, stride, width, relu] = [name('out'), name('stride'), name('width'), name('relu')]
const norm = call('batchNorm')

/** The convolutions of a branch; `stride` belongs to the first that looks around. */
const convolutions = ({ block, groups }: Built): readonly Expression[] => {
  const grouped = groups === 1 ? {} : { groups }
  return block === 'basic'
    ? [
        call('conv2d', record({ out, size: 3, stride, ...grouped })),
        call('conv2d', record({ out, size: 3, ...grouped })),
      ]
    : [
        call('conv2d', record({ out: width, size: 1 })),
        call('conv2d', record({ out: width, size: 3, stride, ...grouped })),
        call('conv2d', record({ out, size: 1 })),
      ]
}

const attentions: { readonly [K in Exclude<Built['attention'], 'none'>]: Expression } = {
  se: call('squeezeAndExcitation'),
  eca: call('efficientChannelAttention'),
  cbam: call('cbam'),
}

/** The parts of a unit: before its first convolution, of the rest of the branch, and after the addition. */
const unitOf = (built: Built): { readonly before: Parts; readonly branch: Parts; readonly after: Parts } => {
  const { order, afterAddition } = placements[built.placement]
  const parts = convolutions(built).flatMap((conv, i) =>
    order.map((part) =>
      part === 'conv'
        ? ([`conv${i + 1}`, conv] as const)
        : part === 'norm'
          ? ([`bn${i + 1}`, norm] as const)
          : ([`act${i + 1}`, relu] as const),
    ),
  )
  const first = parts.findIndex(([own]) => own === 'conv1')
  const end = parts.length - afterAddition
  const attention: Parts = built.attention === 'none' ? [] : [['se', attentions[built.attention]]]
  return { before: parts.slice(0, first), branch: [...parts.slice(first, end), ...attention], after: parts.slice(end) }
}

/** The layer, and what follows the addition. */
const finished = (layer: Expression, after: Parts): Expression =>
  after.length === 0
    ? layer
    : after.length === 1
      ? call('followedBy', layer, after[0]![1])
      : sequence([['add', layer], ...after])

const shortcuts: { readonly [K in Exclude<Built['shortcut'], 'none'>]: Expression } = {
  pad: call('subsampleAndPad', record({ out, stride })),
  project: call('sequential', record({ conv: call('projection', record({ out, stride })), bn: norm })),
  projectAll: call('sequential', record({ conv: call('projection', record({ out, stride })), bn: norm })),
}

/**
 * The blocks of a composition as functions of their channels and stride: `keep` keeps the shape, `change` changes it.
 */
const blocksOf = (built: Built): readonly Definition[] => {
  const { before, branch, after } = unitOf(built)
  const channels = built.block === 'basic' ? ['out'] : ['out', 'width']
  const given = channels.map(name)
  const own: Definition = { name: 'branch', parameters: [...channels, 'stride'], body: sequence(branch) }
  const at = (step: Expression): Expression => call('branch', ...given, step)
  const behind = (layer: Expression): Expression =>
    before.length === 0 ? layer : sequence([...before, ['branch', layer]])
  if (built.shortcut === 'none')
    return [
      own,
      { name: 'change', parameters: own.parameters, body: finished(behind(at(stride)), after) },
      { name: 'keep', parameters: channels, body: call('change', ...given, 1) },
    ]
  // What stands before the first convolution is shared by a shortcut of its own; an identity goes around it.
  const added = call('projectedAdd', at(stride), shortcuts[built.shortcut])
  const change = before.length === 0 ? added : sequence([...before, ['add', added]])
  return [
    own,
    { name: 'change', parameters: own.parameters, body: finished(change, after) },
    {
      name: 'keep',
      parameters: channels,
      body:
        built.shortcut === 'projectAll'
          ? call('change', ...given, 1)
          : finished(call('identityAdd', behind(at(1))), after),
    },
  ]
}

/** The program that makes a net for some classes. */
export const programOf = (composition: Composition, classes: number, channels: number): Program => {
  if (composition.kind === 'named')
    return { definitions: [], result: call('createNet', composition.name, record({ classes, channels })) }
  const { before } = unitOf(composition)
  const expansion = composition.block === 'basic' ? 1 : 4
  const stem: Parts = [
    ['conv1', call('conv2d', record({ out: composition.width, size: 3 }))],
    ...(before.some(([own]) => own === 'bn1') ? [] : ([['bn1', norm]] as const)),
    ...(before.length === 0 ? ([['relu', relu]] as const) : []),
  ]
  const stages = composition.blocks.map((blocks, i) => {
    const inner = composition.width * 2 ** i
    const sizes = expansion === 1 ? [inner] : [inner * expansion, inner]
    const isKept = i === 0 && expansion === 1
    const first = isKept ? call('keep', ...sizes) : call('change', ...sizes, i === 0 ? 1 : 2)
    return [`layer${i + 1}`, call('stage', record({ first, rest: call('keep', ...sizes), blocks }))] as const
  })
  // Where units begin with what others end with, the net ends with it.
  const last = before.map(([own, layer]) => [own === 'bn1' ? 'bn' : 'relu', layer] as const)
  return pruned({
    definitions: blocksOf(composition),
    result: sequence([
      ...stem,
      ...stages,
      ...last,
      ['globalAvgPool', name('globalAvgPool')],
      ['fc', call('dense', record({ out: classes }))],
    ]),
  })
}

/** The net of a composition. */
export const netOf = (composition: Composition, classes: number, channels: number): Layer<unknown, unknown> =>
  untyped(evaluate(programOf(composition, classes, channels), vocabulary) as AnyLayer)

/** The TypeScript that makes it. */
export const codeOf = (composition: Composition, classes: number, channels: number): string =>
  print(programOf(composition, classes, channels), vocabulary)
