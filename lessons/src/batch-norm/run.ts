import * as Plot from '@observablehq/plot'
import { lenet, lenetMakers } from '@resfn/archs/lenet'
import { type AnyLayer, lift } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import type { Tensor } from '@tensorflow/tfjs-core'
import { type Cell, type Conclusion, lesson, type Lesson, type Words } from '../lesson.ts'
import { series } from '../draw.ts'
import { curves, same } from '../picture.ts'
import { overKeys, percent, ranged, spread, type Spread } from '../spread.ts'
import { trainCell } from '../train-cell.ts'
import { type Errors, errorsOf, type LessonRecipe, type NetTrained } from '../train-net.ts'
import { type BatchNormRecipe, recipes } from './recipe.ts'

/** The scale and shift of a channel, and the layer that it is of. */
type Channel = { readonly layer: string; readonly gamma: number; readonly beta: number }

/** What one net came to. */
type Measured = Errors & {
  /** Of each normalised channel; none without normalisation. */
  readonly channels: readonly Channel[]
}

const kinds: {
  readonly [kind: string]: { readonly make: (classes: number) => AnyLayer; readonly name: Words }
} = {
  without: {
    make: (classes) =>
      lenet<AnyLayer>({ classes }, { ...lenetMakers, norm: () => lift((x) => x, { kind: 'no normalisation' }) }),
    name: { en: 'without BN', zh: '无 BN' },
  },
  with: { make: (classes) => lenet({ classes }), name: { en: 'with BN', zh: '有 BN' } },
}

const channelsOf = async ({ run }: NetTrained): Promise<readonly Channel[]> => {
  const leaves = flatten<Tensor>(run?.params ?? {})
  const values = (path: string): Promise<ArrayLike<number>> => leaves.find((leaf) => leaf.path === path)!.leaf.data()
  const perLayer = leaves
    .filter(({ path }) => path.endsWith('.bn.weight'))
    .map(async ({ path }) => {
      const layer = path.slice(0, path.indexOf('.'))
      const betas = await values(path.replace(/weight$/, 'bias'))
      return Array.from(await values(path), (gamma, i): Channel => ({ layer, gamma, beta: betas[i]! }))
    })
  return (await Promise.all(perLayer)).flat()
}

const rateId = (kind: string, rate: number, seed: number): string =>
  `${kind}-rate${String(rate).replace('.', '-')}-key${seed}`
const batchId = (batch: number, seed: number): string => `with-batch${batch}-key${seed}`

const cells = ({ rates, batches, batchEpochs, keys, images, training }: BatchNormRecipe): readonly Cell<Measured>[] => {
  const cell = (id: string, kind: string, change: Partial<LessonRecipe>, seed: number): Cell<Measured> =>
    trainCell({ id, seed, images, training: { ...training, ...change }, net: kinds[kind]!.make }, async (trained) => ({
      ...errorsOf(trained),
      channels: await channelsOf(trained),
    }))
  return keys.flatMap((seed) => [
    ...Object.keys(kinds).flatMap((kind) =>
      rates.map((rate) => cell(rateId(kind, rate, seed), kind, { lr: rate }, seed)),
    ),
    ...batches.map((batch) =>
      cell(
        batchId(batch, seed),
        'with',
        { batch, lr: (training.lr * batch) / training.batch, epochs: batchEpochs },
        seed,
      ),
    ),
  ])
}

/** A net that does better than this has learned something. */
const learned = 0.4

const conclude = (
  { rates, batches, keys, training }: BatchNormRecipe,
  measured: { readonly [id: string]: Measured },
): Conclusion => {
  const errors = (idOf: (seed: number) => string, value: 'trainError' | 'testError'): Spread =>
    spread(keys.map((seed) => measured[idOf(seed)]![value] ?? 1))
  const atRate = (kind: string, rate: number, value: 'trainError' | 'testError' = 'testError'): Spread =>
    errors((seed) => rateId(kind, rate, seed), value)
  const ofBatch = (batch: number, value: 'trainError' | 'testError' = 'testError'): Spread =>
    errors((seed) => batchId(batch, seed), value)
  const learns = (kind: string): readonly number[] =>
    rates.filter((rate) => atRate(kind, rate, 'trainError').median < learned)
  const best = (kind: string): { readonly rate: number; readonly error: number } =>
    rates
      .map((rate) => ({ rate, error: atRate(kind, rate).median }))
      .reduce((least, next) => (next.error < least.error ? next : least))
  const list = (values: readonly number[]): Words => ({
    en: values.length === 0 ? 'at none' : values.join(', '),
    zh: values.length === 0 ? '无' : values.join('、'),
  })
  const [smallest, ...larger] = batches as readonly [number, ...number[]]
  const bestBatch = larger
    .map((batch) => ({ batch, error: ofBatch(batch).median }))
    .reduce((least, next) => (next.error < least.error ? next : least))
  const { channels } = measured[rateId('with', training.lr, keys[0]!)]!
  const moved = channels.filter(({ gamma, beta }) => Math.hypot(gamma - 1, beta) > 0.01).length / channels.length
  const keysText = overKeys(keys, 'band')
  const error = (say: (words: Words) => string): Plot.ScaleOptions => ({
    label: say({ en: '↑ test error', zh: '↑ 测试误差' }),
    percent: true,
    zero: true,
  })

  return {
    findings: [
      {
        claim: {
          en: `With batch normalisation the net learns (training error below ${100 * learned} %) at more of the ${rates.length} learning rates.`,
          zh: `有批量归一化时，网络在更多的学习率下能够学习（训练误差低于 ${100 * learned} %）。`,
        },
        holds: learns('with').length > learns('without').length,
        measured: {
          en: `with: ${list(learns('with')).en}; without: ${list(learns('without')).en}`,
          zh: `有：${list(learns('with')).zh}；无：${list(learns('without')).zh}`,
        },
      },
      {
        claim: {
          en: 'At its best rate, the normalised net has the smaller test error after the same steps.',
          zh: '在各自最好的学习率下，经过同样的步数，有归一化的网络测试误差更小。',
        },
        holds: best('with').error < best('without').error,
        measured: {
          en: `with ${percent(best('with').error)} at rate ${best('with').rate}, without ${percent(best('without').error)} at rate ${best('without').rate}`,
          zh: `有：${percent(best('with').error)}（学习率 ${best('with').rate}），无：${percent(best('without').error)}（学习率 ${best('without').rate}）`,
        },
      },
      {
        claim: {
          en: `Batches of ${smallest} are too small for it: after as many images, a larger batch has the smaller test error.`,
          zh: `每批 ${smallest} 张图像太少：看过同样多的图像之后，更大的批量测试误差更小。`,
        },
        holds: ofBatch(smallest).median > bestBatch.error,
        measured: {
          en: `batch ${smallest}: ${percent(ofBatch(smallest).median)}, batch ${bestBatch.batch}: ${percent(bestBatch.error)}`,
          zh: `每批 ${smallest} 张：${percent(ofBatch(smallest).median)}，每批 ${bestBatch.batch} 张：${percent(bestBatch.error)}`,
        },
      },
      {
        claim: {
          en: 'Gamma and beta are learned: most channels leave 1 and 0.',
          zh: 'γ 和 β 是学出来的：大多数通道离开 1 和 0。',
        },
        holds: moved > 0.5,
        measured: {
          en: `${percent(moved)} of ${channels.length} channels moved by more than 0.01`,
          zh: `${channels.length} 个通道中，${percent(moved)} 移动超过 0.01`,
        },
      },
    ],
    pictures: [
      {
        name: 'rates',
        title: { en: 'Test error by learning rate', zh: '测试误差随学习率的变化' },
        caption: keysText,
        plot: (say) =>
          curves(
            Object.entries(kinds).map(([kind, { name }]) => ({
              name: say(name),
              points: rates.map((rate) => ({ x: rate, ...atRate(kind, rate) })),
            })),
            {
              x: { label: say({ en: 'learning rate →', zh: '学习率 →' }), type: 'log', tickFormat: '~g' },
              y: error(say),
            },
          ),
      },
      {
        name: 'batches',
        title: {
          en: 'Test error by batch size, with batch normalisation',
          zh: '测试误差随批量大小的变化，有批量归一化',
        },
        caption: {
          en: `The rate is scaled with the batch: ${training.lr} at ${training.batch}. ${keysText.en}`,
          zh: `学习率与批量成正比：每批 ${training.batch} 张时为 ${training.lr}。${keysText.zh}`,
        },
        plot: (say) =>
          curves(
            [{ name: say(kinds['with']!.name), points: batches.map((batch) => ({ x: batch, ...ofBatch(batch) })) }],
            {
              x: {
                label: say({ en: 'images a batch →', zh: '每批图像数 →' }),
                type: 'log',
                base: 2,
                ticks: [...batches],
                tickFormat: '~g',
              },
              y: error(say),
            },
          ),
      },
      {
        name: 'gamma-beta',
        title: { en: 'What gamma and beta learned', zh: 'γ 和 β 学到了什么' },
        caption: {
          en: `A dot for each channel, by layer, key ${keys[0]}, rate ${training.lr}. All began where the lines cross: gamma 1, beta 0.`,
          zh: `每个点是一个通道，按层分开，种子 ${keys[0]}，学习率 ${training.lr}。所有点都从两线的交点出发：γ 为 1，β 为 0。`,
        },
        plot: () => ({
          marginRight: 30,
          fx: { label: null, padding: 0.12 },
          x: { label: 'γ →', ticks: 2, nice: true },
          y: { label: '↑ β', grid: true, nice: true },
          marks: [
            Plot.ruleX([1], { strokeOpacity: 0.5 }),
            Plot.ruleY([0], { strokeOpacity: 0.5 }),
            Plot.dot([...channels], {
              x: 'gamma',
              y: 'beta',
              fx: 'layer',
              r: 3.5,
              fill: series[0]!,
              fillOpacity: 0.65,
            }),
          ],
        }),
      },
    ],
    tables: [
      {
        title: { en: 'Errors by learning rate', zh: '各学习率下的误差' },
        columns: [
          { en: 'learning rate', zh: '学习率' },
          { en: 'without BN, training', zh: '无 BN，训练' },
          { en: 'without BN, test', zh: '无 BN，测试' },
          { en: 'with BN, training', zh: '有 BN，训练' },
          { en: 'with BN, test', zh: '有 BN，测试' },
          { en: 'textbook, with BN, 10 epochs of 60,000', zh: '教科书，有 BN，60,000 张 10 轮' },
        ],
        rows: rates.map((rate) => [
          rate,
          ...Object.keys(kinds).flatMap((kind) => [
            ranged(atRate(kind, rate, 'trainError')),
            ranged(atRate(kind, rate)),
          ]),
          rate === 1 ? { en: 'training 10.1 %, test 19.3 %', zh: '训练 10.1 %，测试 19.3 %' } : same('–'),
        ]),
      },
      {
        title: { en: 'Errors by batch size, with BN', zh: '各批量大小下的误差，有 BN' },
        columns: [
          { en: 'images a batch', zh: '每批图像数' },
          { en: 'training error', zh: '训练误差' },
          { en: 'test error', zh: '测试误差' },
        ],
        rows: batches.map((batch) => [batch, ranged(ofBatch(batch, 'trainError')), ranged(ofBatch(batch))]),
      },
    ],
  }
}

/** Batch normalisation: larger rates, faster learning, and batches that must not be too small. */
export const batchNormalisation: Lesson = lesson<BatchNormRecipe, Measured>({
  name: 'batch-norm',
  title: { en: 'Batch normalisation: larger rates, faster learning', zh: '批量归一化：更大的学习率，更快的学习' },
  recipes,
  cells,
  conclude,
})
