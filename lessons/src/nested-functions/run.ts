import { type Cell, lesson, type Lesson, type Words } from '../lesson.ts'
import { curves } from '../picture.ts'
import { digits, percent, spread, type Spread } from '../spread.ts'
import { kinds } from './deeper.ts'
import { measure, type Measured } from './measure.ts'
import { type NestedRecipe, recipes } from './recipe.ts'

const idOf = (kind: string, seed: number): string => `${kind}-key${seed}`

const cells = (recipe: NestedRecipe): readonly Cell<Measured>[] =>
  recipe.keys.flatMap((seed) =>
    Object.keys(kinds).map((kind) => ({
      id: idOf(kind, seed),
      measure: (tools) => measure(kind, recipe, seed, tools),
    })),
  )

const ways = ['same', 'nested', 'notNested'] as const
const wayNames: { readonly [way in (typeof ways)[number]]: Words } = {
  same: { en: 'as it was', zh: '不变' },
  nested: { en: 'zero blocks', zh: '加零块' },
  notNested: { en: 'plain blocks', zh: '加普通块' },
}

/** Nested functions: a block that starts as the identity keeps what a net has learned. */
export const nestedFunctions: Lesson = lesson<NestedRecipe, Measured>({
  name: 'nested-functions',
  title: { en: 'Nested functions: deeper without losing anything', zh: '嵌套的函数：加深而不丢失' },
  recipes,
  cells,
  conclude: ({ keys, before, after, stages }, measured) => {
    const all = Object.values(measured)
    const most = (value: (one: Measured) => number): number => Math.max(...all.map(value))
    const over = (kind: string, value: (one: Measured) => number | null | undefined): Spread =>
      spread(keys.map((seed) => value(measured[idOf(kind, seed)]!) ?? null))
    const start = (one: Measured): number => one.before.at(-1) ?? Infinity
    /** The largest loss after an epoch, beyond that before the blocks came. */
    const worse =
      (way: (typeof ways)[number]) =>
      (one: Measured): number =>
        Math.max(...one.after[way].slice(1).map((loss) => loss ?? Infinity)) - start(one)
    const noise = Math.max(0, most(worse('same')))
    const jump = Math.min(...all.map((one) => (one.after.notNested[0] ?? Infinity) - start(one)))
    return {
      findings: [
        {
          claim: {
            en: `With ${stages.length} zero blocks more, the outputs for all test images are the same to the last bit.`,
            zh: `加入 ${stages.length} 个零块之后，所有测试图像的输出一个比特也不差。`,
          },
          holds: most(({ difference }) => difference.nested) === 0,
          measured: {
            en: `largest difference ${most(({ difference }) => difference.nested)}; with plain blocks ${digits(
              most(({ difference }) => difference.notNested),
              2,
            )}`,
            zh: `最大差别 ${most(({ difference }) => difference.nested)}；加普通块为 ${digits(
              most(({ difference }) => difference.notNested),
              2,
            )}`,
          },
        },
        {
          claim: {
            en: 'Training goes on, and after no epoch is the training loss above that before the blocks came by more than the noise, which is what it rises by in the net as it was.',
            zh: '训练继续进行，没有一轮之后的训练损失高于加块之前，超出部分不大于噪声；噪声取自不变的网络的上升幅度。',
          },
          holds: most(worse('nested')) <= noise,
          measured: {
            en: `largest change ${digits(most(worse('nested')), 4)}, noise ${digits(noise, 4)}`,
            zh: `最大变化 ${digits(most(worse('nested')), 4)}，噪声 ${digits(noise, 4)}`,
          },
        },
        {
          claim: {
            en: 'Blocks without a shortcut are not nested: the loss leaps when they come.',
            zh: '没有捷径的块不构成嵌套：它们一加入，损失就跳升。',
          },
          holds: jump > 0.1,
          measured: { en: `by at least ${digits(jump, 2)}`, zh: `至少 ${digits(jump, 2)}` },
        },
        {
          claim: { en: 'The zero blocks learn: what was 0 is not 0 any more.', zh: '零块会学习：原来的 0 不再是 0。' },
          holds: Math.min(...all.map(({ moved }) => moved)) > 0,
          measured: {
            en: `largest magnitude at least ${digits(Math.min(...all.map(({ moved }) => moved)), 4)}`,
            zh: `最大绝对值至少 ${digits(Math.min(...all.map(({ moved }) => moved)), 4)}`,
          },
        },
      ],
      pictures: Object.entries(kinds).map(([kind, { name }]) => ({
        name: kind,
        title: { en: `Training loss, ${name.en} net`, zh: `训练损失，${name.zh}网络` },
        caption: {
          en: `Of all training images, in evaluation. The blocks come after epoch ${before.epochs}. Median over ${keys.length} key${keys.length > 1 ? 's' : ''}, and the spread.`,
          zh: `全部训练图像，评估模式。块在第 ${before.epochs} 轮之后加入。${keys.length} 个随机种子的中位数和范围。`,
        },
        plot: (say) =>
          curves(
            [
              {
                name: '',
                points: Array.from({ length: before.epochs + 1 }, (_, x) => ({
                  x,
                  ...over(kind, (one) => one.before[x]),
                })).slice(1),
              },
              ...ways.map((way) => ({
                name: say(wayNames[way]),
                points: Array.from({ length: after.epochs + 1 }, (_, x) => ({
                  x: before.epochs + x,
                  ...over(kind, (one) => one.after[way][x]),
                })),
              })),
            ],
            {
              x: {
                label: say({ en: 'epoch →', zh: '轮 →' }),
                ticks: Array.from({ length: before.epochs + after.epochs }, (_, i) => i + 1),
                tickFormat: String,
              },
              y: { label: say({ en: '↑ loss', zh: '↑ 损失' }), type: 'log' },
            },
          ),
      })),
      tables: [
        {
          title: { en: 'Medians over the keys', zh: '各随机种子的中位数' },
          columns: [
            { en: 'net', zh: '网络' },
            { en: 'loss when the blocks come', zh: '加块时的损失' },
            { en: 'loss at the end', zh: '最后的损失' },
            { en: 'test error before', zh: '加块前的测试误差' },
            { en: 'test error at the end', zh: '最后的测试误差' },
          ],
          rows: Object.entries(kinds).flatMap(([kind, { name }]) =>
            ways.map((way) => [
              { en: `${name.en}, ${wayNames[way].en}`, zh: `${name.zh}，${wayNames[way].zh}` },
              digits(over(kind, (one) => one.after[way][0]).median, 3),
              digits(over(kind, (one) => one.after[way].at(-1)).median, 3),
              percent(over(kind, ({ testErrors }) => testErrors.before).median),
              percent(over(kind, ({ testErrors }) => testErrors[way]).median),
            ]),
          ),
        },
      ],
    }
  },
})
