import { batchesInOrder } from '@resfn/batches'
import { preprocessing } from '@resfn/recipe'
import type { Run } from '@resfn/step'
import { mean, tensor, tidy } from '@tensorflow/tfjs-core'
import * as Plot from '@observablehq/plot'
import type { AnyLayer } from '@resfn/layer'
import { type Cell, lesson, type Lesson, type Words } from '../lesson.ts'
import { ranges, same } from '../picture.ts'
import { overKeys, percent, type Spread, spread } from '../spread.ts'
import type { LessonData } from '../tools.ts'
import { trainCell } from '../train-cell.ts'
import { type Errors, errorsOf } from '../train-net.ts'
import { channelNet, factorOf, firstMask, joins, maskNet } from './nets.ts'
import { type AttentionRecipe, recipes } from './recipe.ts'

/** An image in grey and the mean of its mask over the channels, row by row, from 0 to 1. */
type Seen = { readonly image: readonly number[]; readonly mask: readonly number[] }

type Measured = Errors & { readonly seen: readonly Seen[] }

type Row = {
  readonly id: string
  readonly name: Words
  readonly net: (classes: number) => AnyLayer
  readonly paper: string
}

/** Hu et al. 2018, the CIFAR-10 table: ResNet-110 without and with SE. */
const hu = ['6.37 %', '5.21 %'] as const

/** Wang et al. 2017, table 1: Attention-56, -92, -128 and -164. */
const wang = {
  residual: ['5.52 %', '4.99 %', '4.44 %', '4.31 %'],
  naive: ['5.89 %', '5.35 %', '5.57 %', '7.18 %'],
} as const

const rowsOf = (recipe: AttentionRecipe): readonly Row[] => [
  ...[false, true].map((squeezed) => ({
    id: squeezed ? 'se' : 'without',
    name: same(`${squeezed ? 'SE-' : ''}ResNet-${recipe.depth}`),
    net: (classes: number) => channelNet(squeezed, { ...recipe, classes }),
    paper: hu[squeezed ? 1 : 0],
  })),
  ...recipe.modules.flatMap((modules) =>
    (['residual', 'naive'] as const).map((join) => ({
      id: `${join}-${modules}`,
      name: {
        en: `${join === 'residual' ? 'ARL' : 'NAL'}, ${modules} a stage`,
        zh: `${join === 'residual' ? 'ARL' : 'NAL'}，每阶段 ${modules} 个`,
      },
      net: (classes: number) => maskNet(joins[join], { ...recipe, modules, classes }),
      paper: wang[join][modules - 1] ?? '–',
    })),
  ),
]

/** Images that are shown. */
const shown = 5

const look = async (
  net: AnyLayer,
  { params, state }: Run<unknown, unknown>,
  data: LessonData,
  recipe: AttentionRecipe,
): Promise<readonly Seen[]> => {
  const transform = preprocessing({ ...recipe.training, resize: 0 }, data.moments)
  const [height, width, channels] = data.test.shape
  const places = height * width
  for await (const { images, shape } of batchesInOrder(data.test, { size: shown, transform })) {
    const masks = tidy(() => mean(firstMask(net, params, state, tensor(images, [...shape])), 3))
    const values = await masks.data()
    masks.dispose()
    return Array.from({ length: shape[0] }, (_, i) => ({
      image: Array.from({ length: places }, (__, p) => {
        const first = (i * places + p) * channels
        const pixel = data.test.images.subarray(first, first + channels)
        return Math.round((100 * pixel.reduce((sum, value) => sum + value, 0)) / (255 * channels)) / 100
      }),
      mask: Array.from(values.subarray(i * places, (i + 1) * places), (value) => Math.round(1e4 * value) / 1e4),
    }))
  }
  return []
}

const idOf = (id: string, seed: number): string => `${id}-key${seed}`

/** The net whose masks are shown. */
const lookedAt = ({ modules, keys }: AttentionRecipe): string => idOf(`residual-${modules[0]!}`, keys[0]!)

const cells = (recipe: AttentionRecipe): readonly Cell<Measured>[] =>
  recipe.keys.flatMap((seed) =>
    rowsOf(recipe).map(({ id: row, net }) => {
      const id = idOf(row, seed)
      return trainCell({ ...recipe, id, seed, net }, async (trained, data) => ({
        ...errorsOf(trained),
        seen:
          trained.run === undefined || id !== lookedAt(recipe)
            ? []
            : await look(net(data.train.classes.length), trained.run, data, recipe),
      }))
    }),
  )

const grey = (value: number): string =>
  `rgb(${Array(3)
    .fill(Math.round(255 * value))
    .join(',')})`

/** From dark violet to yellow, as viridis begins and ends. */
const warm = (value: number): string => {
  const [from, to] = [
    [68, 1, 84],
    [253, 231, 37],
  ] as const
  return `rgb(${from.map((low, i) => Math.round(low + value * (to[i]! - low))).join(',')})`
}

/** Squares of a picture, from a corner on. */
const squares = (
  values: readonly number[],
  colour: (value: number) => string,
  [left, top]: readonly [number, number],
): readonly { readonly x: number; readonly y: number; readonly colour: string }[] => {
  const side = Math.sqrt(values.length)
  return values.map((value, i) => ({ x: left + (i % side), y: top + Math.floor(i / side), colour: colour(value) }))
}

/** The share of a mask between its least and its largest value. */
const stretched = (mask: readonly number[]): readonly number[] => {
  const [low, high] = [Math.min(...mask), Math.max(...mask)]
  return mask.map((value) => (high > low ? (value - low) / (high - low) : 0.5))
}

const grid = (seen: readonly Seen[], names: readonly [string, string]): Plot.PlotOptions => {
  const side = Math.sqrt(seen[0]?.image.length ?? 1)
  const step = side + 1
  const all = seen.flatMap(({ image, mask }, i) => [
    ...squares(image, grey, [i * step, 0]),
    ...squares(stretched(mask), warm, [i * step, step]),
  ])
  return {
    height: 310,
    marginLeft: 72,
    marginRight: 20,
    marginBottom: 20,
    marginTop: 20,
    x: { axis: null, domain: [0, shown * step] },
    y: { axis: null, domain: [0, 2 * step], reverse: true },
    marks: [
      Plot.rect(all, {
        x1: 'x',
        x2: ({ x }: { readonly x: number }) => x + 1,
        y1: 'y',
        y2: ({ y }: { readonly y: number }) => y + 1,
        fill: ({ colour }: { readonly colour: string }) => colour,
        shapeRendering: 'crispEdges',
      }),
      Plot.text(names, {
        x: () => 0,
        y: (_: string, i: number) => i * step + side / 2,
        text: (name: string) => name,
        textAnchor: 'end',
        dx: -8,
        fill: 'currentColor',
      }),
    ],
    color: { type: 'identity' },
  }
}

/** Where attention helps, and why the mask is added to one. */
export const attention: Lesson = lesson<AttentionRecipe, Measured>({
  name: 'attention',
  title: { en: 'Attention: a mask beside the identity', zh: '注意力：恒等映射旁的掩码' },
  recipes,
  cells,
  conclude: (recipe, measured) => {
    const rows = rowsOf(recipe)
    const of = (id: string, value: 'trainError' | 'testError'): Spread =>
      spread(recipe.keys.map((seed) => measured[idOf(id, seed)]![value] ?? 1))
    const { seen } = measured[lookedAt(recipe)]!
    const counts = [1, 2, 4, 8]
    const factors = (['residual', 'naive'] as const).map((join) => counts.map((count) => factorOf(joins[join], count)))
    const powers = factors.map((values) => values.map((value) => value.toPrecision(4)).join(', '))
    const near = (values: readonly number[], base: number): boolean =>
      values.every((value, i) => Math.abs(value / base ** counts[i]! - 1) < 1e-4)
    const errors = (ids: readonly string[]): string =>
      ids.map((id) => `${id} ${percent(of(id, 'testError').median)}`).join(', ')
    const [least, most] = [recipe.modules[0]!, recipe.modules.at(-1)!]
    return {
      findings: [
        {
          claim: {
            en: 'With masks of one half, N modules multiply by 0.5^N where attention is naive, and by 1.5^N where it is residual.',
            zh: '掩码为二分之一时，N 个模块在朴素注意力中乘以 0.5^N，在残差注意力中乘以 1.5^N。',
          },
          holds: near(factors[0]!, 1.5) && near(factors[1]!, 0.5),
          measured: {
            en: `1, 2, 4 and 8 modules: residual ${powers[0]!}; naive ${powers[1]!}`,
            zh: `1、2、4、8 个模块：残差 ${powers[0]!}；朴素 ${powers[1]!}`,
          },
        },
        // One key says nothing of errors that lie so near.
        ...(recipe.keys.length === 1
          ? []
          : [
              {
                claim: {
                  en: 'Squeeze-and-excitation lowers the test error.',
                  zh: 'SE 降低测试误差。',
                },
                holds: of('se', 'testError').median < of('without', 'testError').median,
                measured: same(errors(['without', 'se'])),
              },
              {
                claim: {
                  en: 'At each depth the residual attention net has a smaller test error than the naive one.',
                  zh: '在每个深度上，残差注意力网络的测试误差都小于朴素注意力网络。',
                },
                holds: recipe.modules.every(
                  (count) => of(`residual-${count}`, 'testError').median < of(`naive-${count}`, 'testError').median,
                ),
                measured: same(errors(recipe.modules.flatMap((count) => [`residual-${count}`, `naive-${count}`]))),
              },
              {
                claim: {
                  en: 'With more modules the naive net gets worse.',
                  zh: '模块越多，朴素注意力网络越差。',
                },
                holds: of(`naive-${most}`, 'testError').median > of(`naive-${least}`, 'testError').median,
                measured: same(errors([`naive-${least}`, `naive-${most}`])),
              },
            ]),
      ],
      pictures: [
        {
          name: 'errors',
          title: { en: 'Nets with attention and without', zh: '有注意力与没有注意力的网络' },
          caption: overKeys(recipe.keys, 'line'),
          plot: (say) =>
            ranges(
              (['trainError', 'testError'] as const).map((value) => ({
                name: say(
                  value === 'trainError'
                    ? { en: 'training error', zh: '训练误差' }
                    : { en: 'test error', zh: '测试误差' },
                ),
                rows: rows.map(({ id, name }) => ({ name: say(name), ...of(id, value) })),
              })),
              { x: { label: say({ en: 'error →', zh: '误差 →' }), percent: true, zero: true } },
            ),
        },
        {
          name: 'masks',
          title: { en: 'Test images and the masks of the first module', zh: '测试图像与第一个模块的掩码' },
          caption: {
            en: `The mean of the mask over its channels after ${recipe.training.epochs} epochs, from its least value (dark) to its largest (yellow).`,
            zh: `训练 ${recipe.training.epochs} 轮之后，掩码在各通道上的均值，从最小值（深色）到最大值（黄色）。`,
          },
          plot: (say) => grid(seen, [say({ en: 'image', zh: '图像' }), say({ en: 'mask', zh: '掩码' })]),
        },
      ],
      tables: [
        {
          title: { en: 'Errors: medians', zh: '误差：中位数' },
          columns: [
            { en: 'net', zh: '网络' },
            { en: 'training error', zh: '训练误差' },
            { en: 'test error', zh: '测试误差' },
            {
              en: 'paper, CIFAR-10, test error: ResNet-110; Attention-56, -92, -128, -164',
              zh: '论文，CIFAR-10，测试误差：ResNet-110；Attention-56、-92、-128、-164',
            },
          ],
          rows: rows.map(({ id, name, paper }) => [
            name,
            percent(of(id, 'trainError').median),
            percent(of(id, 'testError').median),
            same(paper),
          ]),
        },
      ],
    }
  },
})
