import { dot, ruleY, text } from '@observablehq/plot'
import type { Conclusion, Words } from '../lesson.ts'
import { series } from '../draw.ts'
import { type Curve, curves } from '../picture.ts'
import { digits, percent, spread, type Spread } from '../spread.ts'
import type { EnsemblesRecipe } from './recipe.ts'
import type { Measured } from './run.ts'

const kinds: { readonly [kind in 'plain' | 'residual']: Words } = {
  plain: { en: 'plain', zh: '普通' },
  residual: { en: 'residual', zh: '残差' },
}

const kindNames = Object.keys(kinds) as (keyof typeof kinds)[]

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** `n` over `k`, as a share of all subsets: how many paths have each length. */
const binomialShares = (n: number): readonly number[] => {
  const counts = Array.from({ length: n + 1 }, (_, k) => {
    let value = 1
    for (let i = 0; i < k; i++) value = (value * (n - i)) / (i + 1)
    return value
  })
  return counts.map((count) => count / 2 ** n)
}

/** The share of the gradient that paths of each length carry: their number times the mean norm of one. */
const gradientShares = ({ blocks, paths }: Measured): readonly number[] => {
  const weights = binomialShares(blocks).map((share, length) => {
    const norms = paths.filter((path) => path.length === length).map(({ norm }) => norm)
    return share * (norms.length === 0 ? 0 : mean(norms))
  })
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / sum)
}

/** At most a dozen whole numbers from 1 on. */
const wholeTo = (last: number): readonly number[] => {
  const step = Math.ceil(last / 12)
  return Array.from({ length: Math.floor(last / step) }, (_, i) => (i + 1) * step)
}

const meanLength = (shares: readonly number[]): number => shares.reduce((sum, share, length) => sum + share * length, 0)

/** What taking blocks out, and mixing them, came to. */
export const conclude = (
  { depth, keys, draws }: EnsemblesRecipe,
  measured: { readonly [id: string]: Measured },
): Conclusion => {
  const of = (kind: keyof typeof kinds): readonly Measured[] => keys.map((seed) => measured[`${kind}-key${seed}`]!)
  const byKey = (kind: keyof typeof kinds, value: (net: Measured) => number): Spread => spread(of(kind).map(value))
  const whole = (kind: keyof typeof kinds): number => byKey(kind, (net) => net.whole).median
  const oneGone = (kind: keyof typeof kinds): number => byKey(kind, ({ without }) => mean(without)).median
  const rise = (kind: keyof typeof kinds): number => byKey(kind, (net) => mean(net.without) - net.whole).median
  const listed = (language: keyof Words, value: (kind: keyof typeof kinds) => string): string =>
    kindNames.map((kind) => `${kinds[kind][language]} ${value(kind)}`).join(', ')
  const residual = of('residual')
  const blocks = residual[0]!.blocks
  const shares = Array.from({ length: blocks + 1 }, (_, length) =>
    spread(residual.map((net) => gradientShares(net)[length] ?? 0)),
  )
  const carried = spread(residual.map((net) => meanLength(gradientShares(net)))).median
  const shuffledMean = (kind: keyof typeof kinds): number =>
    mean(of(kind).flatMap(({ shuffled }) => shuffled.map(({ error }) => error)))
  const hasShuffles = residual.some(({ shuffled }) => shuffled.length > 0)
  const errors = (say: (words: Words) => string): readonly Curve[] =>
    kindNames.map((kind) => ({
      name: say(kinds[kind]),
      points: Array.from({ length: blocks }, (_, i) => ({ x: i + 1, ...byKey(kind, ({ without }) => without[i]!) })),
    }))
  const counts = [...new Set(residual.flatMap(({ deleted }) => deleted.map(({ count }) => count)))]
  const several = (say: (words: Words) => string): readonly Curve[] =>
    kindNames.map((kind) => ({
      name: say(kinds[kind]),
      points: [
        { x: 0, ...byKey(kind, (net) => net.whole) },
        { x: 1, ...spread(of(kind).flatMap(({ without }) => without)) },
        ...counts.map((count) => ({
          x: count,
          ...spread(
            of(kind).flatMap(({ deleted }) => deleted.filter((each) => each.count === count).map(({ error }) => error)),
          ),
        })),
      ],
    }))
  const error = (say: (words: Words) => string) => ({
    label: say({ en: '↑ test error', zh: '↑ 测试误差' }),
    percent: true,
    zero: true,
  })
  return {
    findings: [
      {
        claim: {
          en: 'Without one block, the error of the residual net rises by less than that of the plain one.',
          zh: '拿掉一个块，残差网络的误差上升得比普通网络少。',
        },
        holds: rise('residual') < rise('plain'),
        measured: {
          en: `mean over ${blocks} blocks, whole to without one: ${listed('en', (kind) => `${percent(whole(kind))} → ${percent(oneGone(kind))}`)}`,
          zh: `${blocks} 个块的平均，完整到少一个：${listed('zh', (kind) => `${percent(whole(kind))} → ${percent(oneGone(kind))}`)}`,
        },
      },
      ...(keys.length < 3
        ? []
        : [
            {
              claim: {
                en: 'The paths that carry the gradient are shorter than most paths are.',
                zh: '承载梯度的路径比大多数路径短。',
              },
              holds: carried < blocks / 2,
              measured: {
                en: `mean number of branches of a path: ${digits(blocks / 2, 1)} of ${blocks}; weighed by the gradient ${digits(carried, 2)}`,
                zh: `路径经过的分支数：平均 ${digits(blocks / 2, 1)}（共 ${blocks}）；按梯度加权 ${digits(carried, 2)}`,
              },
            },
          ]),
      ...(hasShuffles
        ? [
            {
              claim: {
                en: 'With blocks in another order, the error of the residual net rises by less than that of the plain one.',
                zh: '打乱块的次序，残差网络的误差上升得比普通网络少。',
              },
              holds: shuffledMean('residual') - whole('residual') < shuffledMean('plain') - whole('plain'),
              measured: {
                en: `mean over all orders: ${listed('en', (kind) => percent(shuffledMean(kind)))}`,
                zh: `所有次序的平均：${listed('zh', (kind) => percent(shuffledMean(kind)))}`,
              },
            },
          ]
        : []),
    ],
    pictures: [
      {
        name: 'one-block',
        title: { en: `${depth} layers without one block`, zh: `${depth} 层，少一个块` },
        caption: {
          en: 'The error without each block that keeps the shape, in their order. Lines of dots: the whole nets.',
          zh: '依次拿掉每个保持形状的块之后的误差。点线：完整的网络。',
        },
        plot: (say) =>
          curves(errors(say), {
            x: { label: say({ en: 'block that is missing →', zh: '缺少的块 →' }), ticks: wholeTo(blocks) },
            y: error(say),
            marks: kindNames.map((kind, i) =>
              ruleY([whole(kind)], { stroke: series[i]!, strokeDasharray: '2 4', strokeWidth: 2 }),
            ),
          }),
      },
      {
        name: 'several-blocks',
        title: { en: 'Without several blocks', zh: '少几个块' },
        caption: {
          en: `The median and the range over keys and ${draws} draws of blocks.`,
          zh: `各随机种子与 ${draws} 次抽取的中位数和范围。`,
        },
        plot: (say) =>
          curves(several(say), {
            x: { label: say({ en: 'blocks deleted →', zh: '删除的块数 →' }), ticks: [0, 1, ...counts] },
            y: error(say),
          }),
      },
      ...(hasShuffles
        ? [
            {
              name: 'shuffled',
              title: { en: 'Blocks in another order', zh: '打乱次序的块' },
              caption: {
                en: 'Each mark is an order of the blocks; 1 on the right is the order that was trained.',
                zh: '每个标记是块的一种次序；右端的 1 是训练时的次序。',
              },
              plot: (say: (words: Words) => string) => ({
                x: { label: say({ en: "Kendall's rank correlation →", zh: '肯德尔等级相关 →' }) },
                y: { grid: true, ...error(say) },
                marks: kindNames.flatMap((kind, i) => {
                  const points = of(kind).flatMap((net) => [{ kendall: 1, error: net.whole }, ...net.shuffled])
                  const highest = points.reduce((most, point) => (point.error > most.error ? point : most))
                  return [
                    dot(points, {
                      x: 'kendall',
                      y: 'error',
                      stroke: series[i]!,
                      strokeWidth: 2,
                      symbol: i === 0 ? 'circle' : 'square',
                      r: 5,
                    }),
                    text([highest], {
                      x: 'kendall',
                      y: 'error',
                      text: () => say(kinds[kind]),
                      fill: series[i]!,
                      dy: -16,
                    }),
                  ]
                }),
              }),
            },
          ]
        : []),
      {
        name: 'path-lengths',
        title: { en: 'Paths by their length, and the gradient that they carry', zh: '路径的长度与所承载的梯度' },
        caption: {
          en: `A path goes through the branch or the shortcut of each of ${blocks} blocks. Paths: how many have a length, exactly. Gradient: that number times the measured norm of one path.`,
          zh: `路径在 ${blocks} 个块中逐个选择分支或捷径。路径：各长度有多少（精确值）。梯度：路径数乘以测得的单条路径的范数。`,
        },
        plot: (say) =>
          curves(
            [
              {
                name: say({ en: 'paths', zh: '路径' }),
                points: binomialShares(blocks).map((share, length) => ({
                  x: length,
                  median: share,
                  low: share,
                  high: share,
                })),
              },
              {
                name: say({ en: 'gradient', zh: '梯度' }),
                points: shares.map((share, length) => ({ x: length, ...share })),
              },
            ],
            {
              x: {
                label: say({ en: 'branches on the path →', zh: '路径上的分支数 →' }),
                ticks: [0, ...wholeTo(blocks)],
              },
              y: { label: say({ en: '↑ share', zh: '↑ 比例' }), percent: true, zero: true },
            },
          ),
      },
    ],
    tables: [
      {
        title: { en: 'Test error: medians over keys', zh: '测试误差：各种子的中位数' },
        columns: [
          { en: 'net', zh: '网络' },
          { en: 'whole', zh: '完整' },
          { en: 'without one block: mean', zh: '少一个块：平均' },
          { en: 'the worst block', zh: '最坏的块' },
        ],
        rows: kindNames.map((kind) => [
          kinds[kind],
          percent(whole(kind)),
          percent(oneGone(kind)),
          percent(byKey(kind, ({ without }) => Math.max(...without)).median),
        ]),
      },
    ],
  }
}
