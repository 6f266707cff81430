import { type Cell, type Conclusion, lesson, type Lesson, type Words } from '../lesson.ts'
import { type Curve, curves, ranges, same } from '../picture.ts'
import { single } from '../smooth.ts'
import { digits, overKeys, ranged, spread, type Spread } from '../spread.ts'
import { trainCell } from '../train-cell.ts'
import { drawnNorms, lossOf, type Measured, peakMemory } from './measure.ts'
import { deepNet, type NetName, nets } from './nets.ts'
import { recipes, type ThousandLayersRecipe } from './recipe.ts'

const trainingId = (net: NetName, rate: number, seed: number): string =>
  `${net}-rate${String(rate).replace('.', '-')}-key${seed}`
const gradientId = (net: NetName, seed: number): string => `gradient-${net}-key${seed}`
const memoryId = 'memory'

/** The net whose memory is measured, and the one that is held against the plain one. */
const deep: NetName = 'pre-activation-1001'
const plain: NetName = 'plain-110'
const zero: NetName = 'zero-branch-1001'

const cells = (recipe: ThousandLayersRecipe): readonly Cell<Measured>[] => [
  ...recipe.keys.flatMap((seed) => [
    ...recipe.drawn.map((net): Cell<Measured> => ({
      id: gradientId(net, seed),
      measure: (tools) => drawnNorms(recipe, { net, seed }, tools),
    })),
    ...recipe.nets.flatMap((net) =>
      recipe.rates.map((rate) =>
        trainCell(
          {
            images: recipe.images,
            training: { ...recipe.training, lr: rate },
            id: trainingId(net, rate, seed),
            seed,
            net: (classes) => deepNet(net, { ...recipe, classes }),
          },
          lossOf,
        ),
      ),
    ),
  ]),
  { id: memoryId, measure: (tools) => peakMemory(recipe, deep, tools) },
]

/** Powers of ten, as a reader writes them. */
const power = (log: number): string =>
  Number.isFinite(log) ? (Math.abs(log) < 3 ? (10 ** log).toPrecision(3) : `10^${log.toFixed(1)}`) : '–'

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`

const conclude = (
  { drawn, nets: chosen, rates, keys }: ThousandLayersRecipe,
  measured: { readonly [id: string]: Measured },
): Conclusion => {
  const over = (net: NetName, rate: number, quarter: 0 | 1): Spread =>
    spread(keys.map((seed) => measured[trainingId(net, rate, seed)]!.quarters[quarter] ?? null))
  const bestRate = (net: NetName): number =>
    rates.toSorted((a, b) => over(net, a, 1).median - over(net, b, 1).median)[0]!
  const last = (net: NetName): Spread => over(net, bestRate(net), 1)
  const first = (net: NetName): Spread => over(net, bestRate(net), 0)
  const guessing = Math.log(10)
  const normsOf = (net: NetName): readonly (readonly (number | null)[])[] =>
    keys.map((seed) => measured[gradientId(net, seed)]!.norms)
  /** The logarithm of the gradient by the input of the first block over that by the output of the last. */
  const growth = (net: NetName): Spread =>
    spread(
      normsOf(net).map((norms) => {
        const [from, to] = [norms[0], norms.at(-1)]
        return from == null || to == null ? null : from - to
      }),
    )
  /** The largest change of the gradient over the blocks of a stage that keep the shape. */
  const change = (net: NetName): number =>
    Math.max(
      ...normsOf(net).flatMap((norms) =>
        [0, 1, 2].map((stage) => {
          const { blocks } = nets[net]
          const kept = norms.slice(stage * blocks + 1, (stage + 1) * blocks + 1).map((log) => log ?? Infinity)
          return 10 ** (Math.max(...kept) - Math.min(...kept)) - 1
        }),
      ),
    )
  const [kept, again] = measured[memoryId]!.peaks as [number, number]
  const { different } = measured[memoryId]!
  const originals = chosen.filter((net) => net.startsWith('original'))
  const lossesOf = (net: NetName): Words => ({
    en: `${nets[net].name.en}: ${digits(first(net).median, 2)} to ${digits(last(net).median, 2)}`,
    zh: `${nets[net].name.zh}：${digits(first(net).median, 2)} 到 ${digits(last(net).median, 2)}`,
  })
  const losses = (of: readonly NetName[]): Words => ({
    en: of.map((net) => lossesOf(net).en).join('; '),
    zh: of.map((net) => lossesOf(net).zh).join('；'),
  })
  const growths = (of: readonly NetName[]): Words => ({
    en: of.map((net) => `${nets[net].name.en}: ${power(growth(net).median)}`).join('; '),
    zh: of.map((net) => `${nets[net].name.zh}：${power(growth(net).median)}`).join('；'),
  })

  return {
    findings: [
      {
        claim: {
          en: 'The pre-activation ResNet-1001 learns: over the last quarter of the steps its loss is at least 10 % below that of guessing, ln 10 = 2.303.',
          zh: '预激活 ResNet-1001 在学习：最后四分之一步的损失比猜测的损失 ln 10 = 2.303 至少低 10 %。',
        },
        holds: last(deep).median < 0.9 * guessing,
        measured: losses([deep]),
      },
      {
        claim: {
          en: 'The plain net of 110 layers does not move: at none of the rates its loss gets 5 % below that of guessing.',
          zh: '110 层的普通网络原地不动：在任何学习率下，损失都没有比猜测低 5 %。',
        },
        holds: last(plain).median > 0.95 * guessing,
        measured: losses([plain]),
      },
      ...(originals.length === 0
        ? []
        : [
            {
              claim: {
                en: 'The original residual nets of 1,001 and 1,202 layers take steps too: their loss falls from the first quarter to the last.',
                zh: '1,001 层与 1,202 层的原始残差网络也能前进：损失从最初四分之一到最后四分之一下降。',
              },
              holds: originals.every((net) => last(net).median < first(net).median),
              measured: losses(originals),
            },
            {
              claim: {
                en: 'At 1,001 layers pre-activation learns faster than the original order.',
                zh: '在 1,001 层，预激活比原始次序学得更快。',
              },
              holds: last(deep).median < last('original-1001').median,
              measured: losses(['original-1001', deep]),
            },
          ]),
      {
        claim: {
          en: 'The gradient grows less over the 1,001 layers of the pre-activation net than over the 110 of the plain one.',
          zh: '预激活网络的 1,001 层中，梯度的增长小于普通网络的 110 层。',
        },
        holds: growth(deep).median < growth(plain).median,
        measured: growths([deep, plain]),
      },
      {
        claim: {
          en: 'Where branches end with a convolution of zeros, the gradient is the same at all blocks of a stage, to 0.1 %.',
          zh: '分支以全零卷积结尾时，一个阶段内所有块的梯度相同，误差在 0.1 % 以内。',
        },
        holds: change(zero) < 1e-3,
        measured: {
          en: `largest change in a stage ${(100 * change(zero)).toPrecision(2)} %; without the zeros ${power(Math.log10(1 + change(deep)))} times`,
          zh: `阶段内最大变化 ${(100 * change(zero)).toPrecision(2)} %；没有零时为 ${power(Math.log10(1 + change(deep)))} 倍`,
        },
      },
      ...(chosen.includes(zero)
        ? [
            {
              claim: {
                en: 'Begun with these zeros, ResNet-1001 learns faster than without.',
                zh: '以这些零开始，ResNet-1001 学得比没有时更快。',
              },
              holds: last(zero).median < last(deep).median,
              measured: losses([deep, zero]),
            },
          ]
        : []),
      {
        claim: {
          en: 'With the blocks computed again in the reverse pass, the gradient of ResNet-1001 is the same bit for bit, in at most 0.35 of the memory.',
          zh: '在反向传播中重新计算各块，ResNet-1001 的梯度逐比特相同，内存至多为 0.35。',
        },
        holds: different === 0 && again / kept <= 0.35,
        measured: {
          en: `${different} numbers differ; ${megabytes(kept)} and ${megabytes(again)}, a share of ${(again / kept).toFixed(2)}`,
          zh: `${different} 个数不同；${megabytes(kept)} 与 ${megabytes(again)}，比例为 ${(again / kept).toFixed(2)}`,
        },
      },
    ],
    pictures: [
      {
        name: 'loss',
        title: { en: 'Loss while training', zh: '训练过程中的损失' },
        caption: {
          en: `Key ${keys[0]}, each net at its better rate. The loss of guessing is 2.303.`,
          zh: `种子 ${keys[0]}，每个网络取较好的学习率。猜测的损失为 2.303。`,
        },
        plot: (say) =>
          curves(
            chosen.map((net) => ({
              name: say(nets[net].name),
              points: single(measured[trainingId(net, bestRate(net), keys[0]!)]!.losses),
            })),
            {
              x: { label: say({ en: 'step →', zh: '步 →' }) },
              y: { label: say({ en: '↑ loss', zh: '↑ 损失' }), type: 'log' },
            },
          ),
      },
      {
        name: 'gradients',
        title: { en: 'Gradient at each block before training', zh: '训练之前各块的梯度' },
        caption: {
          en: `By the input of each block, over that by the output of the last. ${overKeys(keys, 'band').en}`,
          zh: `对每个块的输入的梯度，除以对最后一块输出的梯度。${overKeys(keys, 'band').zh}`,
        },
        plot: (say) =>
          curves(
            drawn.map((net): Curve => {
              const norms = normsOf(net)
              const length = norms[0]!.length
              // As many points as a picture can show, from the output back.
              const places = Array.from({ length: 41 }, (_, i) => Math.round(((40 - i) * (length - 1)) / 40))
              return {
                name: say(nets[net].name),
                points: places.map((place) => ({
                  x: 1 - place / (length - 1),
                  ...spread(norms.map((logs) => (logs[place] ?? Number.NaN) - (logs.at(-1) ?? Number.NaN))),
                })),
              }
            }),
            {
              x: {
                label: say({ en: 'way back, from the last block to the first →', zh: '往回走，从最后一块到第一块 →' }),
                percent: true,
              },
              y: { label: say({ en: '↑ log₁₀ of the ratio', zh: '↑ 比值的 log₁₀' }) },
            },
          ),
      },
      {
        name: 'memory',
        title: { en: 'Memory of a gradient of ResNet-1001', zh: 'ResNet-1001 求一次梯度的内存' },
        caption: {
          en: 'The most that all tensors took at once, weights and gradients included.',
          zh: '所有张量同时占用的最大值，包括权重和梯度。',
        },
        plot: (say) =>
          ranges(
            [
              {
                name: say({ en: 'peak', zh: '峰值' }),
                rows: [
                  { name: say({ en: 'activations kept', zh: '保留激活' }), peak: kept },
                  { name: say({ en: 'computed again', zh: '重新计算' }), peak: again },
                ].map(({ name, peak }) => ({ name, median: peak / 1e6, low: peak / 1e6, high: peak / 1e6 })),
              },
            ],
            { x: { label: 'MB →', zero: true } },
          ),
      },
    ],
    tables: [
      {
        title: { en: 'Medians, each net at its better rate', zh: '中位数，每个网络取较好的学习率' },
        columns: [
          { en: 'net', zh: '网络' },
          { en: 'rate', zh: '学习率' },
          { en: 'loss, first quarter', zh: '损失，最初四分之一' },
          { en: 'loss, last quarter', zh: '损失，最后四分之一' },
          { en: 'gradient, first block over last', zh: '梯度，第一块比最后一块' },
          { en: 'papers, CIFAR-10, test error', zh: '论文，CIFAR-10，测试误差' },
        ],
        rows: chosen.map((net) => [
          nets[net].name,
          bestRate(net),
          digits(first(net).median, 3),
          ranged(last(net), (loss) => digits(loss, 3)),
          power(growth(net).median),
          same(nets[net].paper),
        ]),
      },
    ],
  }
}

/** A thousand layers: with shortcuts they learn, where a tenth of them without does not. */
export const thousandLayers: Lesson = lesson<ThousandLayersRecipe, Measured>({
  name: 'thousand-layers',
  title: { en: 'A thousand layers: shortcuts let them learn', zh: '一千层：捷径让它们学习' },
  recipes,
  cells,
  conclude,
})
