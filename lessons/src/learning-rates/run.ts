import { cifarResnet } from '@resfn/archs/cifar-resnet'
import { scheduleOf } from '@resfn/recipe'
import { type Cell, type Conclusion, lesson, type Lesson, type Words } from '../lesson.ts'
import { curves } from '../picture.ts'
import { type Point, single, smooth } from '../smooth.ts'
import { digits, ranged, spread, type Spread } from '../spread.ts'
import { trainCell } from '../train-cell.ts'
import { type Errors, errorsOf, lastEpoch, type LessonRecipe } from '../train-net.ts'
import { type LearningRatesRecipe, recipes } from './recipe.ts'

/** What one training came to. */
type Measured = Errors & {
  /** Over the last epoch; null where it was no number any more. */
  readonly loss: number | null
  /** The loss while it trained, smoothed. */
  readonly losses: readonly Point[]
  /** Training images in an epoch. */
  readonly examples: number
}

/** Ways in which the rate goes on, by the ids of their cells. */
const ways: { readonly [way: string]: { readonly name: Words; readonly change: Partial<LessonRecipe> } } = {
  constant: { name: { en: 'constant', zh: '恒定' }, change: { schedule: 'constant' } },
  steps: { name: { en: 'steps', zh: '阶梯' }, change: { schedule: 'milestones' } },
  cosine: { name: { en: 'cosine', zh: '余弦' }, change: { schedule: 'cosine' } },
  'one-cycle': { name: { en: 'one cycle', zh: '单周期' }, change: { schedule: 'one-cycle' } },
}

/** Rates by parts of the net, with the schedule that falls along a cosine. */
const layerwise: typeof ways = {
  'first-slow': {
    name: { en: 'cosine, layers before the last stage × 0.1', zh: '余弦，最后阶段之前的层 × 0.1' },
    change: { schedule: 'cosine', rates: 'conv1,bn1,layer1,layer2=0.1' },
  },
  'first-still': {
    name: { en: 'cosine, layers before the last stage × 0', zh: '余弦，最后阶段之前的层 × 0' },
    change: { schedule: 'cosine', rates: 'conv1,bn1,layer1,layer2=0' },
  },
}

const all = { ...ways, ...layerwise }

const idOf = (way: string, seed: number): string => `${way}-key${seed}`

const cells = ({ depth, keys, images, training }: LearningRatesRecipe): readonly Cell<Measured>[] =>
  keys.flatMap((seed) =>
    Object.entries(all).map(([way, { change }]) =>
      trainCell(
        {
          id: idOf(way, seed),
          seed,
          images,
          training: { ...training, ...change },
          net: (classes) => cifarResnet({ depth, classes }),
        },
        (trained, data) => ({
          loss: lastEpoch(trained)?.training.loss ?? null,
          ...errorsOf(trained),
          losses: smooth(trained.losses, 40),
          examples: data.train.labels.length,
        }),
      ),
    ),
  )

const conclude = (
  { keys, training }: LearningRatesRecipe,
  measured: { readonly [id: string]: Measured },
): Conclusion => {
  const of = (way: string, value: 'loss' | 'trainError' | 'testError'): Spread =>
    spread(keys.map((seed) => measured[idOf(way, seed)]![value] ?? (value === 'loss' ? Infinity : 1)))
  const loss = (way: string): number => of(way, 'loss').median
  const falling = ['steps', 'cosine', 'one-cycle']
  const losses = (...which: readonly string[]): Words => ({
    en: `training loss: ${which.map((way) => `${all[way]!.name.en} ${digits(loss(way), 3)}`).join('; ')}`,
    zh: `训练损失：${which.map((way) => `${all[way]!.name.zh} ${digits(loss(way), 3)}`).join('；')}`,
  })
  const first = measured[idOf('constant', keys[0]!)]!
  const steps = training.epochs * Math.ceil(first.examples / training.batch)

  return {
    findings: [
      {
        claim: {
          en: 'From one start and the same highest rate, each schedule that falls ends at a smaller training loss than the constant rate.',
          zh: '从同一起点、同样的最高学习率出发，每一种下降的计划最后的训练损失都小于恒定学习率。',
        },
        holds: falling.every((way) => loss(way) < loss('constant')),
        measured: losses('constant', ...falling),
      },
      // One key and a few steps do not say what the first layers are worth.
      ...(keys.length < 3
        ? []
        : [
            {
              claim: {
                en: 'On a net that begins with random weights, layers that are held still cost: the training loss is larger.',
                zh: '对从随机权重开始的网络，让一部分层不动要付出代价：训练损失更大。',
              },
              holds: loss('first-still') > loss('cosine'),
              measured: losses('cosine', 'first-slow', 'first-still'),
            },
          ]),
    ],
    pictures: [
      {
        name: 'schedules',
        title: { en: 'The schedules', zh: '学习率计划' },
        caption: {
          en: `All have the highest rate ${training.lr}.`,
          zh: `最高学习率都是 ${training.lr}。`,
        },
        plot: (say) =>
          curves(
            Object.values(ways).map(({ name, change }) => {
              const rate = scheduleOf({ ...training, ...change }, { examples: first.examples })
              const every = Math.max(1, Math.floor(steps / 200))
              return {
                name: say(name),
                points: single(
                  Array.from({ length: Math.ceil(steps / every) }, (_, i) => [i * every, rate(i * every)] as const),
                ),
              }
            }),
            {
              x: { label: say({ en: 'step →', zh: '步 →' }) },
              y: { label: say({ en: '↑ learning rate', zh: '↑ 学习率' }), zero: true },
            },
          ),
      },
      {
        name: 'loss',
        title: { en: 'Loss while training', zh: '训练过程中的损失' },
        caption: { en: `Each curve is a net of key ${keys[0]}.`, zh: `每条曲线是种子 ${keys[0]} 的网络。` },
        plot: (say) =>
          curves(
            Object.entries(ways).map(([way, { name }]) => ({
              name: say(name),
              points: single(measured[idOf(way, keys[0]!)]!.losses),
            })),
            {
              x: { label: say({ en: 'step →', zh: '步 →' }) },
              y: { label: say({ en: '↑ loss', zh: '↑ 损失' }), type: 'log' },
            },
          ),
      },
    ],
    tables: [
      {
        title: { en: 'After the same steps from the same start', zh: '同一起点，同样的步数之后' },
        columns: [
          { en: 'learning rate', zh: '学习率' },
          { en: 'training loss', zh: '训练损失' },
          { en: 'training error', zh: '训练误差' },
          { en: 'test error', zh: '测试误差' },
        ],
        rows: Object.entries(all).map(([way, { name }]) => [
          name,
          ranged(of(way, 'loss'), (value) => digits(value, 3)),
          ranged(of(way, 'trainError')),
          ranged(of(way, 'testError')),
        ]),
      },
    ],
  }
}

/** Learning rates: what falls at the end ends lower; and rates of their own for parts of the net. */
export const learningRates: Lesson = lesson<LearningRatesRecipe, Measured>({
  name: 'learning-rates',
  title: { en: 'Learning rates: large first, small at the end', zh: '学习率：先大后小' },
  recipes,
  cells,
  conclude,
})
