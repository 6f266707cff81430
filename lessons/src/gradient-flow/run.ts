import { type Cell, type Conclusion, lesson, type Lesson, type Words } from '../lesson.ts'
import { type Curve, curves } from '../picture.ts'
import { digits, percent, spread, type Spread } from '../spread.ts'
import { denseProfile, type Measured, type Profile, trainedProfiles } from './measure.ts'
import { convKinds, denseKinds } from './nets.ts'
import { type GradientFlowRecipe, recipes } from './recipe.ts'

const cells = ({ keys, theory, depths, trained }: GradientFlowRecipe): readonly Cell<Measured>[] =>
  keys.flatMap((seed) => [
    ...Object.keys(denseKinds).flatMap((kind): readonly Cell<Measured>[] => [
      {
        id: `theory-${kind}-key${seed}`,
        measure: async () => ({ profiles: [await denseProfile(kind, theory, seed)], trainError: null }),
      },
      {
        id: `depths-${kind}-key${seed}`,
        measure: async ({ say }) => {
          const profiles: Profile[] = []
          for (const blocks of depths.blocks) {
            say(`${blocks} blocks`)
            const profile = await denseProfile(kind, { ...depths, blocks }, seed)
            profiles.push([profile[0]!, profile.at(-1)!])
          }
          return { profiles, trainError: null }
        },
      },
    ]),
    ...Object.keys(convKinds).map((kind): Cell<Measured> => ({
      id: `trained-${kind}-key${seed}`,
      measure: (tools) => trainedProfiles(kind, trained, seed, tools),
    })),
  ])

/** The logarithm of the gradient by the input over that by the output. */
const growth = (profile: Profile | undefined): number => {
  const [first, last] = [profile?.[0], profile?.at(-1)]
  return first == null || last == null ? Number.NaN : first - last
}

/** 10 to a power, as a reader writes it. */
const power = (log: number): string => {
  if (!Number.isFinite(log)) return '–'
  if (Math.abs(log) < 4) return String(Number((10 ** log).toPrecision(3)))
  const exponent = Math.floor(log)
  return `${(10 ** (log - exponent)).toFixed(1)}e${exponent}`
}

const lost: Words = { en: 'not in 32 bits', zh: '超出 32 位浮点数' }

const conclude = (
  { keys, theory, depths, trained }: GradientFlowRecipe,
  measured: { readonly [id: string]: Measured },
): Conclusion => {
  const over = (id: string, value: (cell: Measured) => number): Spread =>
    spread(keys.map((seed) => value(measured[`${id}-key${seed}`]!)))
  const total = (kind: string): number => over(`theory-${kind}`, ({ profiles }) => growth(profiles[0])).median
  const deepest = depths.blocks.length - 1
  const atDepth = (kind: string, index: number): Spread =>
    over(`depths-${kind}`, ({ profiles }) => growth(profiles[index]))
  const inTraining = (kind: string, when: 0 | -1): number =>
    over(`trained-${kind}`, ({ profiles }) =>
      when === -1 && profiles.length <= trained.training.epochs ? Number.NaN : growth(profiles.at(when)),
    ).median
  const factor = 10 ** ((2 * total('plain-bn')) / theory.blocks)
  const preActivation = 10 ** (2 * total('pre-activation-bn'))
  const most = depths.blocks[deepest]!

  const both = (value: string): Words => ({ en: value, zh: value })
  const order = (when: 0 | -1): Words => ({
    en: ['plain-bn', 'residual-bn', 'pre-activation-bn']
      .map((kind) => `${convKinds[kind]!.name.en}: ${power(inTraining(kind, when))}`)
      .join('; '),
    zh: ['plain-bn', 'residual-bn', 'pre-activation-bn']
      .map((kind) => `${convKinds[kind]!.name.zh}：${power(inTraining(kind, when))}`)
      .join('；'),
  })

  const distances = (profile: Profile): readonly { readonly x: number; readonly log: number }[] =>
    profile.toReversed().map((log, x) => ({ x, log: log == null ? Number.NaN : log - profile.at(-1)! }))
  const profileCurve = (name: string, id: string, at: (cell: Measured) => Profile | undefined): Curve => {
    const profiles = keys.map((seed) => distances(at(measured[`${id}-key${seed}`]!) ?? []))
    const length = Math.max(...profiles.map((points) => points.length))
    return {
      name,
      points: Array.from({ length }, (_, x) => ({
        x,
        ...spread(profiles.map((points) => points[x]?.log ?? Number.NaN)),
      })),
    }
  }
  const least = over('trained-plain-bn', ({ profiles }) => Math.min(...profiles.map(growth))).low
  const axis: Words = { en: '↑ log₁₀ of gradient over that at the output', zh: '↑ log₁₀（梯度 ÷ 输出处的梯度）' }
  const back: Words = { en: 'blocks back from the output →', zh: '从输出往回的块数 →' }
  const drawn = Object.entries(denseKinds).filter(([kind]) => kind !== 'scaled')

  return {
    findings: [
      {
        claim: {
          en: 'With batch normalisation the gradient of a plain net grows towards the first layer, by a factor from 1.33 to 1.50 a layer in its square (theory 1.467, for infinite width).',
          zh: '有批量归一化时，普通网络的梯度朝第一层增大，其平方每层乘以 1.33 到 1.50（无限宽度的理论值为 1.467）。',
        },
        holds: factor > 1.33 && factor < 1.5,
        measured: {
          en: `${factor.toFixed(3)} a layer over ${theory.blocks} layers, ${power(2 * total('plain-bn'))} in all`,
          zh: `${theory.blocks} 层中每层 ${factor.toFixed(3)}，总共 ${power(2 * total('plain-bn'))}`,
        },
      },
      {
        claim: {
          en: `In the pre-activation net its square grows by 100 to 230 over all ${theory.blocks} blocks (theory 153), and more than 10,000 times less than in the plain one.`,
          zh: `在预激活网络中，梯度的平方经过全部 ${theory.blocks} 个块只增大 100 到 230 倍（理论值 153），比普通网络小一万倍以上。`,
        },
        holds: preActivation > 100 && preActivation < 230 && 2 * (total('plain-bn') - total('pre-activation-bn')) > 4,
        measured: {
          en: `${preActivation.toFixed(0)} in all; the plain net has ${power(2 * (total('plain-bn') - total('pre-activation-bn')))} times as much`,
          zh: `总共 ${preActivation.toFixed(0)}；普通网络是它的 ${power(2 * (total('plain-bn') - total('pre-activation-bn')))} 倍`,
        },
      },
      {
        claim: {
          en: 'Without normalisation and with weights too small by √2, the gradient of a plain net vanishes: 2⁻⁵⁰ in its square, within a factor of 100.',
          zh: '没有归一化、权重又小 √2 倍时，普通网络的梯度消失：其平方为 2⁻⁵⁰，误差在 100 倍以内。',
        },
        holds: Math.abs(2 * total('small-gain') - theory.blocks * Math.log10(0.5)) < 2,
        measured: both(power(2 * total('small-gain'))),
      },
      {
        claim: {
          en: `At ${most} blocks the gradient of the plain net with normalisation grows beyond what 32 bits hold (3e38); that of the pre-activation net stays below 1,000.`,
          zh: `在 ${most} 个块时，有归一化的普通网络的梯度增大到 32 位浮点数的上限（3e38）之外；预激活网络的梯度增长不到 1000 倍。`,
        },
        holds: atDepth('plain-bn', deepest).low > 38 && atDepth('pre-activation-bn', deepest).high < 3,
        measured: {
          en: `plain ${power(atDepth('plain-bn', deepest).median)}, pre-activation ${power(atDepth('pre-activation-bn', deepest).median)}`,
          zh: `普通 ${power(atDepth('plain-bn', deepest).median)}，预激活 ${power(atDepth('pre-activation-bn', deepest).median)}`,
        },
      },
      {
        claim: {
          en: `In convolutional nets of ${trained.depth} layers too: before training the gradient grows most in the plain net.`,
          zh: `${trained.depth} 层的卷积网络也是如此：训练之前，普通网络的梯度增大得最多。`,
        },
        holds:
          inTraining('plain-bn', 0) > Math.max(inTraining('residual-bn', 0), inTraining('pre-activation-bn', 0)) &&
          inTraining('plain-bn', 0) > 0,
        measured: order(0),
      },
      {
        claim: {
          en: 'While it trains, the gradient of the plain net with normalisation does not vanish: at the first block it is never below a tenth of that at the last.',
          zh: '训练过程中，有归一化的普通网络梯度不消失：第一个块处从不低于最后一个块处的十分之一。',
        },
        holds: least > -1,
        measured: {
          en: `least ${power(least)}; after training ${order(-1).en}`,
          zh: `最小 ${power(least)}；训练之后 ${order(-1).zh}`,
        },
      },
    ],
    pictures: [
      {
        name: 'profile',
        title: {
          en: `The gradient at each depth, ${theory.blocks} dense blocks`,
          zh: `各深度的梯度，${theory.blocks} 个全连接块`,
        },
        caption: {
          en: 'Before training. Up is exploding, down is vanishing, from the output (left) back to the input (right).',
          zh: '训练之前。向上是爆炸，向下是消失；从输出（左）往回到输入（右）。',
        },
        plot: (say) =>
          curves(
            drawn.map(([kind, { name }]) => profileCurve(say(name), `theory-${kind}`, ({ profiles }) => profiles[0])),
            { x: { label: say(back) }, y: { label: say(axis) } },
          ),
      },
      {
        name: 'by-depth',
        title: { en: 'The gradient at the input by depth', zh: '输入处的梯度随深度的变化' },
        caption: {
          en: 'Before training. A curve ends where the numbers of the net leave 32 bits, forward or backward.',
          zh: '训练之前。网络的数值（前向或反向）超出 32 位浮点数时，曲线到此为止。',
        },
        plot: (say) =>
          curves(
            drawn.map(([kind, { name }]) => ({
              name: say(name),
              points: depths.blocks.map((x, i) => ({ x, ...atDepth(kind, i) })),
            })),
            {
              x: {
                label: say({ en: 'blocks →', zh: '块数 →' }),
                type: 'log',
                ticks: [...depths.blocks],
                tickFormat: String,
              },
              y: { label: say(axis) },
            },
          ),
      },
      ...([0, -1] as const).map((when) => ({
        name: when === 0 ? 'before-training' : 'after-training',
        title:
          when === 0
            ? {
                en: `Convolutional nets of ${trained.depth} layers, before training`,
                zh: `${trained.depth} 层卷积网络，训练之前`,
              }
            : {
                en: `The same after ${trained.training.epochs} epoch${trained.training.epochs > 1 ? 's' : ''}`,
                zh: `同样的网络，${trained.training.epochs} 轮训练之后`,
              },
        caption: {
          en: 'The gradient of the loss of one batch, at the blocks of the three stages. A net that is not drawn left 32 bits.',
          zh: '一个批次的损失在三个阶段各块处的梯度。没有画出的网络超出了 32 位浮点数。',
        },
        plot: (say: (words: Words) => string) =>
          curves(
            Object.entries(convKinds).map(([kind, { name }]) =>
              profileCurve(say(name), `trained-${kind}`, ({ profiles }) =>
                when === -1 && profiles.length <= trained.training.epochs ? undefined : profiles.at(when),
              ),
            ),
            { x: { label: say(back) }, y: { label: say(axis) } },
          ),
      })),
    ],
    tables: [
      {
        title: {
          en: `Squared gradient at the input over that at the output, ${theory.blocks} dense blocks`,
          zh: `输入处梯度的平方 ÷ 输出处梯度的平方，${theory.blocks} 个全连接块`,
        },
        columns: [
          { en: 'net', zh: '网络' },
          { en: 'measured (median)', zh: '测量值（中位数）' },
          { en: 'mean-field theory, infinite width', zh: '平均场理论，无限宽度' },
        ],
        rows: Object.entries(denseKinds).map(([kind, { name, theory: of }]) => [
          name,
          power(2 * total(kind)),
          of === undefined ? '–' : power(Math.log10(of(theory.blocks))),
        ]),
      },
      {
        title: {
          en: `Convolutional nets of ${trained.depth} layers: gradient at the first block over that at the last`,
          zh: `${trained.depth} 层卷积网络：第一个块处的梯度 ÷ 最后一个块处的梯度`,
        },
        columns: [
          { en: 'net', zh: '网络' },
          { en: 'before training', zh: '训练之前' },
          { en: 'after training', zh: '训练之后' },
          { en: 'training error', zh: '训练误差' },
        ],
        rows: Object.entries(convKinds).map(([kind, { name }]) => {
          const error = over(`trained-${kind}`, ({ trainError }) => trainError ?? Number.NaN).median
          return [
            name,
            ...([0, -1] as const).map((when) => {
              const log = inTraining(kind, when)
              return Number.isFinite(log) ? power(log) : lost
            }),
            Number.isFinite(error) ? percent(error) : digits(error, 1),
          ]
        }),
      },
    ],
  }
}

/** Gradient flow: in plain nets it explodes or vanishes with depth, in residual ones it grows slowly. */
export const gradientFlow: Lesson = lesson<GradientFlowRecipe, Measured>({
  name: 'gradient-flow',
  title: { en: 'Gradient flow: what reaches the first layer', zh: '梯度流：什么能到达第一层' },
  recipes,
  cells,
  conclude,
})
