import type { ConvolutionInfo } from '@resfn/overlay'
import { pairs } from './glsl.ts'
import { name, range, uniqueSorted, valuesAt } from './window.ts'

/**
 * Adds up, for two neighbouring pixels and two channels, what the taps see of an image. Tap `tx` of pixel `p` (0 or 1)
 * sees the column `2 step xPair + column(tx, p)`, so which half of which texel is known beforehand.
 */
export const correlation = ({
  image,
  high,
  wide,
  channels,
  taps,
  step,
  row,
  column,
  firstPair,
  weight,
  byOutput,
}: {
  readonly image: string
  readonly high: number
  readonly wide: number
  /** Of the image, in all groups and in one. */
  readonly channels: { readonly all: number; readonly group: number }
  readonly taps: readonly [down: number, across: number]
  readonly step: number
  /** GLSL of the row that tap `ty` sees. */
  readonly row: string
  readonly column: (tap: number, pixel: number) => number
  /** GLSL of the first pair of the group's channels. */
  readonly firstPair: string
  /** GLSL of the texel of the filter at `tap` and the pair `q` of the image's channels. */
  readonly weight: string
  /** Whether the filter's last axis is that of the result, else it is that of the image. */
  readonly byOutput: boolean
}): string => {
  const columns = range(taps[1]).flatMap((tap) => [column(tap, 0), column(tap, 1)])
  const offsets = uniqueSorted(columns.map((at) => Math.floor(at / 2)))
  const across = pairs(wide)
  const needsHalf = (offset: number): boolean => wide % 2 === 1 && columns.includes(2 * offset + 1)
  const place = (offset: number): string => {
    const at = name(offset)
    return `int t${at} = ${step} * xPair + ${offset};
    bool in${at} = t${at} >= 0 && t${at} < ${across};
    int from${at} = (line * ${across} + clamp(t${at}, 0, ${across - 1})) * ${pairs(channels.all)} + ${firstPair};`
  }
  const fetch = (offset: number): string => {
    const at = name(offset)
    const half = needsHalf(offset) ? ` if (t${at} == ${across - 1}) { v${at}.ba = vec2(0); }` : ''
    return `vec4 v${at} = in${at} ? ${image}_(from${at} + q) : vec4(0);${half}`
  }
  const [first, second] = byOutput ? ['w.xyxy', 'w.zwzw'] : ['w.xzxz', 'w.ywyw']
  const pass = (both: boolean): string => `
      ${offsets.map(fetch).join('\n      ')}
      ${range(taps[1])
        .map(
          (tap) => `{
        vec4 w = weights_(${weight.replaceAll('TAP', `(ty * ${taps[1]} + ${tap})`)});
        vec4 a = vec4(${valuesAt('v', column(tap, 0))}, ${valuesAt('v', column(tap, 1))});
        sum += a.xxzz * ${first}${both ? ` + a.yyww * ${second}` : ''};
      }`,
        )
        .join('\n      ')}`
  const whole = Math.floor(channels.group / 2)
  return `
  vec4 sum = vec4(0);
  for (int ty = 0; ty < ${taps[0]}; ty++) {
    int row = ${row};
    if (row < 0 || row >= ${high}) { continue; }
    int line = image * ${high} + row;
    ${offsets.map(place).join('\n    ')}
    ${whole > 0 ? `for (int q = 0; q < ${whole}; q++) {${pass(true)}\n    }` : ''}
    ${channels.group % 2 === 1 ? `{ const int q = ${whole};${pass(false)}\n    }` : ''}
  }`
}

/** What `correlation` adds up, where a stride leaves each pixel of the image with taps of its own. */
export const strided = ({
  info,
  channels,
  taps,
  firstPair,
  weight,
  column,
}: {
  readonly info: ConvolutionInfo
  readonly channels: { readonly all: number; readonly group: number }
  readonly taps: readonly [down: number, across: number]
  readonly firstPair: string
  readonly weight: string
  readonly column: (tap: number, pixel: number) => number
}): string => {
  const { outHeight, outWidth, strideHeight, strideWidth, padInfo, dilationHeight } = info
  // 2 xPair is even, so where the stride is too, half of the taps miss.
  const met = range(taps[1]).flatMap((tap) =>
    [0, 1]
      .filter((pixel) => strideWidth % 2 === 1 || column(tap, pixel) % 2 === 0)
      .map((pixel) => ({ tap, pixel, id: `${tap}_${pixel}` })),
  )
  const place = ({ tap, pixel, id }: (typeof met)[number]): string => `
    int reach${id} = 2 * xPair + ${column(tap, pixel)};
    int at${id} = reach${id} / ${strideWidth};
    bool in${id} = reach${id} >= 0 && at${id} * ${strideWidth} == reach${id} && at${id} < ${outWidth};
    int from${id} = (line * ${pairs(outWidth)} + clamp(at${id}, 0, ${outWidth - 1}) / 2) * ${pairs(channels.all)} + ${firstPair};`
  const whole = Math.floor(channels.group / 2)
  const pass = (both: boolean): string =>
    range(taps[1])
      .filter((tap) => met.some((one) => one.tap === tap))
      .map(
        (tap) => `{
        vec4 w = weights_(${weight.replaceAll('TAP', `(ty * ${taps[1]} + ${tap})`)});
        ${met
          .filter((one) => one.tap === tap)
          .map(
            ({ pixel, id }) => `if (in${id}) {
          vec4 v = dy_(from${id} + q);
          vec2 a = (at${id} & 1) == 0 ? v.rg : v.ba;
          sum.${pixel === 0 ? 'rg' : 'ba'} += a.x * w.xz${both ? ' + a.y * w.yw' : ''};
        }`,
          )
          .join('\n        ')}
      }`,
      )
      .join('\n      ')
  return `
  vec4 sum = vec4(0);
  int phase = down + ${padInfo.top};
  for (int ty = ${dilationHeight === 1 ? `phase - phase / ${strideHeight} * ${strideHeight}` : '0'}; ty < ${taps[0]}; ty += ${dilationHeight === 1 ? strideHeight : 1}) {
    int reach = phase - ty * ${dilationHeight};
    int row = reach / ${strideHeight};
    if (reach < 0 || row * ${strideHeight} != reach || row >= ${outHeight}) { continue; }
    int line = image * ${outHeight} + row;
    ${met.map(place).join('')}
    ${whole > 0 ? `for (int q = 0; q < ${whole}; q++) {\n      ${pass(true)}\n    }` : ''}
    ${channels.group % 2 === 1 ? `{ const int q = ${whole};\n      ${pass(false)}\n    }` : ''}
  }`
}
