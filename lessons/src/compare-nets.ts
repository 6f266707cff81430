import type { AnyLayer } from '@resfn/layer'
import { key } from '@resfn/random'
import { chooseImages, type ImageChoice } from './images.ts'
import type { Cell, Picture, Table, Words } from './lesson.ts'
import { curves, ranges } from './picture.ts'
import { type Point, single, smooth } from './smooth.ts'
import { digits, percent, spread, type Spread } from './spread.ts'
import { errorsOf, lastEpoch, type LessonRecipe, trainNet } from './train-net.ts'

/** Nets of one depth that are trained alike: the keys that they are drawn from, the images and the training. */
export type ComparisonRecipe = {
  readonly depth: number
  /** The ids of the nets. */
  readonly nets: readonly string[]
  readonly keys: readonly number[]
  readonly images: ImageChoice
  readonly training: LessonRecipe
}

/** A net of a comparison, and what the paper says of it. */
export type Contestant = {
  readonly name: Words
  readonly make: (options: { readonly depth: number; readonly classes: number }) => AnyLayer
  /** The paper's test error; `–` where it has none. */
  readonly paper: string | Words
}

/** The nets by the ids of their cells. */
export type Contestants = { readonly [id: string]: Contestant }

/** What one net came to. */
export type Outcome = {
  /** Errors over the last epoch and after it, from 0 to 1; null where the loss was no number any more. */
  readonly trainError: number | null
  readonly testError: number | null
  /** The mean loss over the last epoch; null as above. */
  readonly loss: number | null
  /** The loss while it trained, smoothed. */
  readonly losses: readonly Point[]
}

const chosen = (nets: Contestants, recipe: ComparisonRecipe): readonly (readonly [id: string, net: Contestant])[] =>
  recipe.nets.map((id) => [id, nets[id]!])

const idOf = (net: string, seed: number): string => `${net}-key${seed}`

/** A cell for each net and key. */
export const comparisonCells = (nets: Contestants, recipe: ComparisonRecipe): readonly Cell<Outcome>[] => {
  const { depth, keys, images, training } = recipe
  return keys.flatMap((seed) =>
    chosen(nets, recipe).map(([net, { make }]) => ({
      id: idOf(net, seed),
      measure: async (tools) => {
        const data = chooseImages(tools.data, images)
        const { history, run, losses, dispose } = await trainNet(
          { ...tools, data },
          {
            id: idOf(net, seed),
            net: make({ depth, classes: data.train.classes.length }),
            recipe: training,
            key: key(seed),
          },
        )
        dispose()
        const last = lastEpoch({ history, run })
        return {
          ...errorsOf({ history, run }),
          loss: last === undefined ? null : last.training.loss,
          losses: smooth(losses, 60),
        }
      },
    })),
  )
}

/** The values of a net over the keys; what broke off counts as an error of 1, or an endless loss. */
export const outcomeOf = (
  { keys }: ComparisonRecipe,
  measured: { readonly [id: string]: Outcome },
  net: string,
  value: 'trainError' | 'testError' | 'loss',
): Spread => spread(keys.map((seed) => measured[idOf(net, seed)]![value] ?? (value === 'loss' ? Infinity : 1)))

/** The pictures of a comparison: errors of all nets, and the losses of the first key. */
export const comparisonPictures = (
  nets: Contestants,
  recipe: ComparisonRecipe,
  measured: { readonly [id: string]: Outcome },
): readonly Picture[] => [
  {
    name: 'errors',
    title: { en: 'Training and test error', zh: '训练误差与测试误差' },
    caption: {
      en: `The median over ${recipe.keys.length} key${recipe.keys.length > 1 ? 's' : ''}; the line reaches from the least to the largest.`,
      zh: `${recipe.keys.length} 个随机种子的中位数；线从最小值到最大值。`,
    },
    plot: (say: (words: Words) => string) =>
      ranges(
        (['trainError', 'testError'] as const).map((value) => ({
          name: say(value === 'trainError' ? { en: 'training', zh: '训练' } : { en: 'test', zh: '测试' }),
          rows: chosen(nets, recipe).map(([net, { name }]) => ({
            name: say(name),
            ...outcomeOf(recipe, measured, net, value),
          })),
        })),
        { x: { label: say({ en: 'error →', zh: '误差 →' }), percent: true } },
      ),
  },
  {
    name: 'loss',
    title: { en: 'Loss while training', zh: '训练过程中的损失' },
    caption: {
      en: `Each curve is a net of key ${recipe.keys[0]}.`,
      zh: `每条曲线是种子 ${recipe.keys[0]} 的网络。`,
    },
    plot: (say: (words: Words) => string) =>
      curves(
        chosen(nets, recipe).map(([net, { name }]) => ({
          name: say(name),
          points: single(measured[idOf(net, recipe.keys[0]!)]!.losses),
        })),
        {
          x: { label: say({ en: 'step →', zh: '步 →' }) },
          y: { label: say({ en: '↑ loss', zh: '↑ 损失' }), type: 'log' },
        },
      ),
  },
]

/** The errors of all nets beside those of the paper. */
export const comparisonTable = (
  nets: Contestants,
  recipe: ComparisonRecipe,
  measured: { readonly [id: string]: Outcome },
  paper: Words,
): Table => ({
  title: { en: 'Median (least to largest)', zh: '中位数（最小到最大）' },
  columns: [
    { en: 'net', zh: '网络' },
    { en: 'training loss', zh: '训练损失' },
    { en: 'training error', zh: '训练误差' },
    { en: 'test error', zh: '测试误差' },
    paper,
  ],
  rows: chosen(nets, recipe).map(([net, { name, paper: theirs }]) => [
    name,
    digits(outcomeOf(recipe, measured, net, 'loss').median, 3),
    ...(['trainError', 'testError'] as const).map((value) => {
      const { median, low, high } = outcomeOf(recipe, measured, net, value)
      return recipe.keys.length === 1
        ? percent(median)
        : `${percent(median)} (${digits(100 * low, 1)} – ${digits(100 * high, 1)})`
    }),
    theirs,
  ]),
})
