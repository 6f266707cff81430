import { d2lDensenet } from '@resfn/archs/densenet'
import { lenet } from '@resfn/archs/lenet'
import { d2lResnet18 } from '@resfn/archs/resnet'
import type { AnyLayer } from '@resfn/layer'
import { type Cell, type Conclusion, lesson, type Lesson, type Words } from '../lesson.ts'
import { curves, ranges, same } from '../picture.ts'
import { type Point, single, smooth } from '../smooth.ts'
import { digits, percent, ranged, spread, type Spread } from '../spread.ts'
import { trainCell } from '../train-cell.ts'
import { lastEpoch } from '../train-net.ts'
import { type D2lRecipe, type NetId, recipes, trainingOf } from './recipe.ts'
import { channelsFirst, type Planned, planned, printed, whole } from './shapes.ts'

/** What one net came to; null where the loss was no number any more. */
type Trained = {
  /** The mean over the last epoch. */
  readonly loss: number | null
  readonly trainAccuracy: number | null
  readonly testAccuracy: number | null
  /** The mean of the loss over the first tenth of the steps, and over the last. */
  readonly ends: readonly [first: number, last: number] | null
  /** Images a second, at the median step. */
  readonly speed: number
  /** The loss while it trained, smoothed. */
  readonly losses: readonly Point[]
}

/** Our shapes, in the order of `printed`. */
type Shapes = { readonly shapes: readonly Planned[] }

type Measured = Trained | Shapes

/** The figures of the book after 10 epochs of 60,000 images; `–` where none is known. */
type Published = {
  readonly loss: number
  readonly trainAccuracy: number
  readonly testAccuracy: number
  readonly speed: Words
}

const nets: {
  readonly [id in NetId]: {
    readonly name: string
    readonly make: (classes: number) => AnyLayer
    readonly book: Published
  }
} = {
  lenet: {
    name: 'LeNet-BN',
    make: (classes) => lenet({ classes }),
    book: { loss: 0.273, trainAccuracy: 0.899, testAccuracy: 0.807, speed: same('–') },
  },
  resnet18: {
    name: 'ResNet-18',
    make: (classes) => d2lResnet18({ classes }),
    book: {
      loss: 0.012,
      trainAccuracy: 0.997,
      testAccuracy: 0.893,
      speed: same('5032.7; 1557; 52.9'),
    },
  },
  densenet: {
    name: 'DenseNet',
    make: (classes) => d2lDensenet({ classes }),
    book: { loss: 0.14, trainAccuracy: 0.948, testAccuracy: 0.885, speed: same('–') },
  },
}

const ids = Object.keys(nets) as NetId[]

const idOf = (id: NetId, seed: number): string => `${id}-key${seed}`

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

const endsOf = (losses: readonly number[]): readonly [number, number] => {
  const count = Math.ceil(losses.length / 10)
  return [mean(losses.slice(0, count)), mean(losses.slice(-count))]
}

const cells = (recipe: D2lRecipe): readonly Cell<Measured>[] => [
  { id: 'shapes', measure: async () => ({ shapes: printed.map(planned) }) },
  ...recipe.keys.flatMap((seed) =>
    ids.map((id) =>
      trainCell(
        {
          id: idOf(id, seed),
          seed,
          images: recipe.images,
          training: trainingOf(recipe, id),
          net: nets[id].make,
        },
        (trained): Measured => {
          const last = lastEpoch(trained)
          return {
            loss: last?.training.loss ?? null,
            trainAccuracy: last?.training.accuracy ?? null,
            testAccuracy: last?.evaluation?.accuracy ?? null,
            ends: last === undefined ? null : endsOf(trained.losses),
            speed: spread(trained.speeds).median,
            losses: smooth(trained.losses, 60),
          }
        },
      ),
    ),
  ),
]

/** The loss of a net that gives each of ten classes the same share. */
const chance = Math.log(10)

const conclude = (recipe: D2lRecipe, measured: { readonly [id: string]: Measured }): Conclusion => {
  const { keys, images } = recipe
  const trained = (id: NetId, seed: number): Trained => measured[idOf(id, seed)] as Trained
  const of = (id: NetId, value: 'loss' | 'trainAccuracy' | 'testAccuracy' | 'speed'): Spread =>
    spread(keys.map((seed) => trained(id, seed)[value] ?? (value === 'loss' ? Infinity : 0)))
  const each = (text: (id: NetId) => string): string => ids.map((id) => `${nets[id].name} ${text(id)}`).join('; ')
  const { shapes } = measured['shapes'] as Shapes
  const comparisons = printed.flatMap(({ outputs }, i) =>
    Object.entries(outputs).map(([path, shape]) => shapes[i]!.outputs[path] === shape),
  )
  const equal = comparisons.filter(Boolean).length
  const counted = printed.filter(({ params }, i) => shapes[i]!.params === whole(params)).length
  const ends = (id: NetId, end: 0 | 1): Spread => spread(keys.map((seed) => trained(id, seed).ends?.[end] ?? Infinity))
  const falls = (id: NetId): boolean => ends(id, 1).median < ends(id, 0).median
  const accuracies = (ours: 'trainAccuracy' | 'testAccuracy'): string => each((id) => percent(of(id, ours).median))
  const larger = ['resnet18', 'densenet'] as const

  return {
    findings: [
      {
        claim: {
          en: 'Each part has the shape of the book: that it prints for blocks and for ResNet-18 at 224, that its code gives elsewhere.',
          zh: '每一部分的形状都与书中一致：块和 224 的 ResNet-18 是书中打印的形状，其余是书中代码给出的形状。',
        },
        holds: equal === comparisons.length,
        measured: {
          en: `${equal} of ${comparisons.length} shapes are equal`,
          zh: `${comparisons.length} 个形状中 ${equal} 个相同`,
        },
      },
      {
        claim: {
          en: 'Each net and block has as many parameters as the code of the book gives it.',
          zh: '每个网络和块的参数个数都与书中代码给出的相同。',
        },
        holds: counted === printed.length,
        measured: {
          en: `${counted} of ${printed.length} counts are equal`,
          zh: `${printed.length} 个中 ${counted} 个相同`,
        },
      },
      {
        claim: {
          en: 'The loss of each net falls: over the last tenth of the steps it is below that over the first.',
          zh: '每个网络的损失都下降：最后十分之一步的平均损失低于最初十分之一步。',
        },
        holds: ids.every(falls),
        measured: same(each((id) => `${digits(ends(id, 0).median, 3)} → ${digits(ends(id, 1).median, 3)}`)),
      },
      {
        claim: {
          en: `The loss of each net over the last tenth of the steps is below ln 10 = ${digits(chance, 3)}, that of guessing.`,
          zh: `每个网络在最后十分之一步的平均损失低于 ln 10 = ${digits(chance, 3)}，即瞎猜的损失。`,
        },
        holds: ids.every((id) => ends(id, 1).median < chance),
        measured: same(each((id) => digits(ends(id, 1).median, 3))),
      },
      // One key and a few steps do not say which net is the better one.
      ...(keys.length < 3 && images.train > 0
        ? []
        : [
            {
              claim: {
                en: 'As in the book, ResNet-18 and DenseNet have a higher test accuracy than LeNet-BN.',
                zh: '与书中一样，ResNet-18 和 DenseNet 的测试精度高于 LeNet-BN。',
              },
              holds: larger.every((id) => of(id, 'testAccuracy').median > of('lenet', 'testAccuracy').median),
              measured: same(accuracies('testAccuracy')),
            },
            {
              claim: {
                en: 'As in the book, ResNet-18 has the highest training accuracy, then DenseNet, then LeNet-BN.',
                zh: '与书中一样，训练精度从高到低是 ResNet-18、DenseNet、LeNet-BN。',
              },
              holds:
                of('resnet18', 'trainAccuracy').median > of('densenet', 'trainAccuracy').median &&
                of('densenet', 'trainAccuracy').median > of('lenet', 'trainAccuracy').median,
              measured: same(accuracies('trainAccuracy')),
            },
          ]),
    ],
    pictures: [
      {
        name: 'loss',
        title: { en: 'Loss while training', zh: '训练过程中的损失' },
        caption: {
          en: `Each curve is a net of key ${keys[0]}. The level line is ln 10, the loss of guessing.`,
          zh: `每条曲线是种子 ${keys[0]} 的网络。水平线是 ln 10，即瞎猜的损失。`,
        },
        plot: (say) =>
          curves(
            [
              ...ids.map((id) => ({ name: nets[id].name, points: single(trained(id, keys[0]!).losses) })),
              {
                name: 'ln 10',
                points: single(
                  [0, -1].map((end): Point => [trained('lenet', keys[0]!).losses.at(end)?.[0] ?? 1, chance]),
                ),
              },
            ],
            {
              x: { label: say({ en: 'step →', zh: '步 →' }) },
              y: { label: say({ en: '↑ loss', zh: '↑ 损失' }), zero: true },
            },
          ),
      },
      {
        name: 'accuracies',
        title: { en: 'Accuracies beside those of the book', zh: '精度与书中数字的对比' },
        caption: {
          en: `Ours: the median over ${keys.length} key${keys.length > 1 ? 's' : ''}; the line reaches from the least to the largest. The book’s: one run of 10 epochs of 60,000 images.`,
          zh: `我们的：${keys.length} 个随机种子的中位数；线从最小值到最大值。书中的：60,000 张图像 10 轮的一次训练。`,
        },
        plot: (say) => ({
          ...ranges(
            (
              [
                ['trainAccuracy', { en: 'training', zh: '训练' }, { en: 'training, book', zh: '训练，书中' }],
                ['testAccuracy', { en: 'test', zh: '测试' }, { en: 'test, book', zh: '测试，书中' }],
              ] as const
            ).flatMap(([value, ours, theirs]) => [
              { name: say(ours), rows: ids.map((id) => ({ name: nets[id].name, ...of(id, value) })) },
              {
                name: say(theirs),
                rows: ids.map((id) => ({ name: nets[id].name, ...spread([nets[id].book[value]]) })),
              },
            ]),
            { x: { label: say({ en: 'accuracy →', zh: '精度 →' }), percent: true, domain: [0, 100] } },
          ),
          marginTop: 70,
          marginRight: 70,
          height: 300,
        }),
      },
    ],
    tables: [
      {
        title: { en: 'Here, and in the book', zh: '这里与书中' },
        columns: [
          { en: 'net', zh: '网络' },
          { en: 'loss', zh: '损失' },
          { en: 'book', zh: '书中' },
          { en: 'training accuracy', zh: '训练精度' },
          { en: 'book', zh: '书中' },
          { en: 'test accuracy', zh: '测试精度' },
          { en: 'book', zh: '书中' },
          { en: 'images a second here', zh: '这里每秒图像数' },
          { en: 'book', zh: '书中' },
        ],
        rows: ids.map((id) => {
          const { book, name } = nets[id]
          return [
            name,
            ranged(of(id, 'loss'), (value) => digits(value, 3)),
            digits(book.loss, 3),
            ranged(of(id, 'trainAccuracy')),
            percent(book.trainAccuracy),
            ranged(of(id, 'testAccuracy')),
            percent(book.testAccuracy),
            ranged(of(id, 'speed'), (value) => digits(value, 0)),
            book.speed,
          ]
        }),
      },
      {
        title: { en: 'Shapes and parameters, from the plan', zh: '形状与参数，由 plan 得出' },
        columns: [
          { en: 'net or block', zh: '网络或块' },
          { en: 'input', zh: '输入' },
          { en: 'outputs here', zh: '这里的输出' },
          { en: 'as in the book', zh: '与书中相同' },
          { en: 'parameters here', zh: '这里的参数' },
          { en: 'book', zh: '书中' },
        ],
        rows: printed.map(({ name, input, outputs, params }, i) => {
          const ours = shapes[i]!
          const alike = Object.entries(outputs).every(([path, shape]) => ours.outputs[path] === shape)
          return [
            name,
            channelsFirst(input),
            Object.values(ours.outputs).join(' → '),
            alike ? { en: 'yes', zh: '是' } : { en: 'no', zh: '否' },
            ours.params,
            whole(params),
          ]
        }),
      },
    ],
  }
}

/** The three nets of the lecture: their shapes to the letter, and what they learn beside what the book says. */
export const d2l: Lesson = lesson<D2lRecipe, Measured>({
  name: 'd2l',
  title: { en: 'Dive into deep learning: the nets of the lecture', zh: '动手学深度学习：讲义中的网络' },
  recipes,
  cells,
  conclude,
})
