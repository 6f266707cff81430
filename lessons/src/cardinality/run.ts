import { blockKind, convShortcut, smallStem, threeStages } from '@resfn/archs/resnet'
import { type AnyLayer, init, summary, untyped } from '@resfn/layer'
import { key } from '@resfn/random'
import {
  convertForm,
  earlyConcatenation,
  type Form,
  groupedConvolutions,
  splitTransformMerge,
  widthOfPaths,
} from '@resfn/resnext'
import { dispose, type Tree } from '@resfn/tree'
import { abs, div, max, randomNormal, sub, tidy } from '@tensorflow/tfjs-core'
import { type Cell, type Conclusion, lesson, type Lesson, type Words } from '../lesson.ts'
import { curves, same } from '../picture.ts'
import { digits, ranged, spread, type Spread } from '../spread.ts'
import { trainCell } from '../train-cell.ts'
import { type Errors, errorsOf, lastEpoch } from '../train-net.ts'
import { type CardinalityRecipe, recipes } from './recipe.ts'

/** What a cell measures: how far the forms are apart, or what one net came to. */
type Measured = { readonly difference: number } | Trained

type Trained = Errors & {
  readonly weights: number
  /** Over the last epoch; null where it was no number any more. */
  readonly loss: number | null
}

/** Paths of a block as wide as one path of the same weights allows. */
const pathsOf = (
  { channels }: CardinalityRecipe,
  cardinality: number,
): { readonly out: number; readonly cardinality: number; readonly width: number } => ({
  out: channels,
  cardinality,
  width: widthOfPaths({ cardinality, channels }),
})

/** A ResNeXt whose stages all have the same channels, so that all blocks have the same weights. */
const net = (recipe: CardinalityRecipe, cardinality: number, classes: number): AnyLayer => {
  const { depth, channels } = recipe
  const [n, width] = [(depth - 2) / 9, channels / 4]
  const paths = pathsOf(recipe, cardinality)
  const branch = ({ stride }: { readonly stride: number }): AnyLayer => groupedConvolutions({ ...paths, stride })
  return threeStages({
    stem: smallStem({ out: width }),
    kind: blockKind({ expansion: 4, branch, shortcut: convShortcut() }),
    blocks: [n, n, n],
    widths: [width, width, width],
    classes,
  })
}

const forms: {
  readonly [form in Exclude<Form, 'grouped'>]:
    | typeof groupedConvolutions
    | typeof splitTransformMerge
    | typeof earlyConcatenation
} = {
  split: splitTransformMerge,
  early: earlyConcatenation,
}

/** The largest difference of forms (a) and (b) from (c) on one input, over the largest value. */
const difference = (recipe: CardinalityRecipe, cardinality: number, seed: number): number => {
  const paths = pathsOf(recipe, cardinality)
  const side = recipe.images.side || 28
  const { params, state } = init(groupedConvolutions(paths), key(seed), [side, side, paths.out])
  const found = tidy(() => {
    const x = randomNormal([2, side, side, paths.out], 0, 1, 'float32', seed + 1)
    const y = groupedConvolutions(paths).apply(params, x, state)
    return Object.entries(forms).map(([form, make]) => {
      const as = (tree: Tree): Tree => convertForm(tree, { from: 'grouped', to: form as Form, cardinality })
      const other = untyped(make(paths)).apply(as(params), x, as(state))
      return div(max(abs(sub(other, y))), max(abs(y)))
    })
  })
  const values = found.map((value) => value.dataSync()[0]!)
  dispose([found, params, state])
  return Math.max(...values)
}

const formsId = (cardinality: number): string => `forms-c${cardinality}`
const netId = (cardinality: number, seed: number): string => `c${cardinality}-key${seed}`

const cells = (recipe: CardinalityRecipe): readonly Cell<Measured>[] => {
  const { cardinalities, keys } = recipe
  return [
    ...cardinalities.map((cardinality): Cell<Measured> => ({
      id: formsId(cardinality),
      measure: async () => ({ difference: difference(recipe, cardinality, keys[0]!) }),
    })),
    ...keys.flatMap((seed) =>
      cardinalities.map((cardinality): Cell<Measured> => {
        const make = (classes: number): AnyLayer => net(recipe, cardinality, classes)
        return trainCell({ ...recipe, id: netId(cardinality, seed), seed, net: make }, (trained, { train }) => ({
          weights: summary(make(train.classes.length), train.shape).params,
          loss: lastEpoch(trained)?.training.loss ?? null,
          ...errorsOf(trained),
        }))
      }),
    ),
  ]
}

/** Xie et al. 2017, table 3: top-1 errors of ResNeXt-50 on ImageNet. */
const paper: { readonly [cardinality: number]: string } = {
  1: '1 × 64d: 23.9 %',
  2: '2 × 40d: 23.0 %',
  4: '4 × 24d: 22.6 %',
  8: '8 × 14d: 22.3 %',
  32: '32 × 4d: 22.2 %',
}

const conclude = (recipe: CardinalityRecipe, measured: { readonly [id: string]: Measured }): Conclusion => {
  const { cardinalities, keys } = recipe
  const trained = (cardinality: number, seed: number): Trained => measured[netId(cardinality, seed)] as Trained
  const of = (cardinality: number, value: 'loss' | 'trainError' | 'testError'): Spread =>
    spread(keys.map((seed) => trained(cardinality, seed)[value] ?? (value === 'loss' ? Infinity : 1)))
  const apart = Math.max(
    ...cardinalities.map(
      (cardinality) => (measured[formsId(cardinality)] as { readonly difference: number }).difference,
    ),
  )
  const weights = cardinalities.map((cardinality) => trained(cardinality, keys[0]!).weights)
  const ratio = Math.max(...weights) / Math.min(...weights)
  const most = cardinalities.at(-1)!
  const wide = (cardinality: number): number => cardinality * pathsOf(recipe, cardinality).width
  const losses = `${digits(of(1, 'loss').median, 3)} (C = 1), ${digits(of(most, 'loss').median, 3)} (C = ${most})`

  return {
    findings: [
      {
        claim: {
          en: 'The three forms of the block compute the same: they differ by at most 1e-5 of the largest value.',
          zh: '块的三种形式计算结果相同：差别不超过最大值的 1e-5。',
        },
        holds: apart <= 1e-5,
        measured: same(apart.toExponential(1)),
      },
      {
        claim: {
          en: 'All nets have as many weights, within 5 %.',
          zh: '所有网络的权重数相同，相差不超过 5 %。',
        },
        holds: ratio <= 1.05,
        measured: {
          en: `${Math.min(...weights)} to ${Math.max(...weights)}`,
          zh: `${Math.min(...weights)} 到 ${Math.max(...weights)}`,
        },
      },
      {
        claim: {
          en: `At as many weights, more paths have more channels in the 3x3 convolution.`,
          zh: '权重一样多时，路径越多，3x3 卷积的通道越多。',
        },
        holds: cardinalities.every((c, i) => i === 0 || wide(c) > wide(cardinalities[i - 1]!)),
        measured: {
          en: cardinalities.map((c) => `C = ${c}: ${wide(c)}`).join('; '),
          zh: cardinalities.map((c) => `C = ${c}：${wide(c)}`).join('；'),
        },
      },
      // One key and a few steps do not say which net is the better one.
      ...(keys.length < 3
        ? []
        : [
            {
              claim: {
                en: `At as many weights, ${most} paths train to a smaller loss than one.`,
                zh: `权重一样多时，${most} 条路径比一条路径训练到更小的损失。`,
              },
              holds: of(most, 'loss').median < of(1, 'loss').median,
              measured: { en: `training loss ${losses}`, zh: `训练损失 ${losses}` },
            },
          ]),
    ],
    pictures: [
      {
        name: 'loss',
        title: { en: 'Training loss and test error by cardinality', zh: '训练损失和测试误差随基数的变化' },
        caption: {
          en: `The last epoch. The median over ${keys.length} key${keys.length > 1 ? 's' : ''}; the band reaches from the least to the largest.`,
          zh: `最后一轮。${keys.length} 个随机种子的中位数；色带从最小值到最大值。`,
        },
        plot: (say: (words: Words) => string) =>
          curves(
            (
              [
                ['loss', { en: 'training loss', zh: '训练损失' }],
                ['testError', { en: 'test error', zh: '测试误差' }],
              ] as const
            ).map(([value, name]) => ({
              name: say(name),
              points: cardinalities.map((c) => ({ x: c, ...of(c, value) })),
            })),
            {
              x: {
                label: say({ en: 'paths C →', zh: '路径数 C →' }),
                type: 'log',
                base: 2,
                ticks: [...cardinalities],
                tickFormat: '~g',
              },
              y: { label: say({ en: '↑ loss, or share of the images', zh: '↑ 损失，或图像的比例' }), zero: true },
            },
          ),
      },
    ],
    tables: [
      {
        title: { en: 'Nets of as many weights', zh: '权重一样多的网络' },
        columns: [
          { en: 'paths × width', zh: '路径数 × 宽度' },
          { en: 'weights', zh: '权重数' },
          { en: 'training loss', zh: '训练损失' },
          { en: 'training error', zh: '训练误差' },
          { en: 'test error', zh: '测试误差' },
          { en: 'paper, ResNeXt-50, ImageNet, top-1 error', zh: '论文，ResNeXt-50，ImageNet，top-1 误差' },
        ],
        rows: cardinalities.map((c, i) => [
          `${c} × ${pathsOf(recipe, c).width}d`,
          weights[i]!,
          ranged(of(c, 'loss'), (value) => digits(value, 3)),
          ranged(of(c, 'trainError')),
          ranged(of(c, 'testError')),
          paper[c] ?? '–',
        ]),
      },
    ],
  }
}

/** Cardinality: at as many weights, more paths are better than wider ones. */
export const cardinality: Lesson = lesson<CardinalityRecipe, Measured>({
  name: 'cardinality',
  title: { en: 'Cardinality: more paths of as many weights', zh: '基数：权重一样多，路径更多' },
  recipes,
  cells,
  conclude,
})
