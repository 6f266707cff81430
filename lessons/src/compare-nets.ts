import type { AnyLayer } from '@resfn/layer'
import type { Cell, Picture, Table, Words } from './lesson.ts'
import { curves, ranges } from './picture.ts'
import { type Point, single, smooth } from './smooth.ts'
import { digits, overKeys, ranged, spread, type Spread } from './spread.ts'
import { trainCell, type TrainingRecipe } from './train-cell.ts'
import { errorsOf, lastEpoch } from './train-net.ts'

/** Nets of one depth that are trained alike: the keys that they are drawn from, the images and the training. */
export type ComparisonRecipe = TrainingRecipe & {
  readonly depth: number
  /** The ids of the nets. */
  readonly nets: readonly string[]
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
  const { depth, keys } = recipe
  return keys.flatMap((seed) =>
    chosen(nets, recipe).map(([net, { make }]) =>
      trainCell(
        { ...recipe, id: idOf(net, seed), seed, net: (classes) => make({ depth, classes }) },
        (trained): Outcome => ({
          ...errorsOf(trained),
          loss: lastEpoch(trained)?.training.loss ?? null,
          losses: smooth(trained.losses, 60),
        }),
      ),
    ),
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
    caption: overKeys(recipe.keys, 'line'),
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
    ...(['trainError', 'testError'] as const).map((value) => ranged(outcomeOf(recipe, measured, net, value))),
    theirs,
  ]),
})
