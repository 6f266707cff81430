import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { ConvolutionInfo } from '@resfn/overlay'
import { type Device, sizeOf } from './device.ts'
import { pairs, quotient, split } from './glsl.ts'
import { geometryOf, groupOf, keyOf, name, range, trimmed, uniqueSorted, valuesAt } from './window.ts'

/** Fragments that keep a GPU busy, about. */
const busy = 4096
/** Programs write four textures at once on every device. */
const most = 4

/**
 * dfilter[tap, in, out] = sum of x[pixel and tap, in] dy[pixel, out], in each group. A fragment adds up for all taps of
 * a row of the filter, which see the same texels; fragments share the rows of the images, and their parts are added up.
 */
export const filterGradient = (
  device: Device,
  info: ConvolutionInfo,
  { x, dy }: { readonly x: TensorInfo; readonly dy: TensorInfo },
): TensorInfo => {
  const { outHeight, outWidth, outPairs, depth, outDepth, padInfo, groups, ...g } = geometryOf(info)
  const { filterHeight, filterWidth, strideWidth, dilationWidth } = g
  const depthPairs = pairs(depth)
  const rows = info.batchSize * outHeight
  const splits = Math.max(1, Math.min(Math.ceil(busy / (filterHeight * depthPairs * outPairs)), Math.ceil(rows / 4)))
  const chunk = Math.ceil(rows / splits)
  const across = pairs(g.inWidth)
  const column = (tap: number, pixel: number): number => pixel * strideWidth + tap * dilationWidth - padInfo.left
  const parts = Array.from({ length: Math.ceil(filterWidth / most) }, (_, part) => {
    const taps = range(filterWidth).slice(part * most, (part + 1) * most)
    const columns = taps.flatMap((tap) => [column(tap, 0), column(tap, 1)])
    const offsets = uniqueSorted(columns.map((at) => Math.floor(at / 2)))
    // What is the texel of another offset one step on is not read again.
    const kept = offsets.filter((offset) => offsets.includes(offset + strideWidth))
    const fetch = (offset: number, at: string): string => `{
      int t = ${strideWidth} * ${at} + ${offset};
      v${name(offset)} = t >= 0 && t < ${across} ? x_((line * ${across} + clamp(t, 0, ${across - 1})) * ${g.inPairs} + channel) : vec4(0);
      ${g.inWidth % 2 === 1 ? `if (t == ${across - 1}) { v${name(offset)}.ba = vec2(0); }` : ''}
    }`
    const pass = (both: boolean): string => `
      ${offsets
        .filter((offset) => !kept.includes(offset))
        .map((offset) => fetch(offset, 'xPair'))
        .join('\n      ')}
      vec4 g = dy_((at * ${pairs(outWidth)} + xPair) * ${outPairs} + pair);
      ${taps
        .map((tap) => {
          const [a, b] = [0, 1].map((pixel) =>
            valuesAt('v', column(tap, pixel)).replace('.rg', '.rrgg').replace('.ba', '.bbaa'),
          )
          return `sum${tap} += ${a} * g.rgrg${both ? ` + ${b} * g.baba` : ''};`
        })
        .join('\n      ')}
      ${kept.map((offset) => `v${name(offset)} = v${name(offset + strideWidth)};`).join(' ')}`
    const shape = [splits, filterHeight, depth, info.outChannels]
    const count = sizeOf(shape)
    return device.run({
      key: `${keyOf('filter gradient', info)} ${part}`,
      outputs: Object.fromEntries(taps.map((tap) => [`sum${tap}`, shape])),
      inputs: { x, dy },
      code: () => `
  ${split(
    [
      ['pair', outPairs],
      ['depthPair', depthPairs],
      ['ty', filterHeight],
    ],
    'part',
    count,
  )}
  int channel = ${groupOf('pair', outDepth, groups, count)} * ${depthPairs} + depthPair;
  int end = min(${rows}, (part + 1) * ${chunk});
  for (int at = part * ${chunk}; at < end; at++) {
    int image = ${quotient('at', outHeight, rows)};
    int row = (at - image * ${outHeight}) * ${g.strideHeight} + ty * ${g.dilationHeight} - ${padInfo.top};
    if (row < 0 || row >= ${g.inHeight}) { continue; }
    int line = image * ${g.inHeight} + row;
    vec4 ${offsets.map((offset) => `v${name(offset)}`).join(', ')};
    ${kept.map((offset) => fetch(offset, '0')).join('\n    ')}
    for (int xPair = 0; xPair < ${Math.floor(outWidth / 2)}; xPair++) {${pass(true)}
    }
    ${outWidth % 2 === 1 ? `{ const int xPair = ${Math.floor(outWidth / 2)};${pass(false)}\n    }` : ''}
  }`,
    })
  }).flat()
  const whole = [filterHeight, filterWidth, depth, info.outChannels]
  const inputs = Object.fromEntries(parts.map((part, tap) => [`part${tap}`, part]))
  const sum = device.run({
    key: `${keyOf('filter gradient whole', info)} ${splits}`,
    outputs: { sum: whole },
    inputs,
    code: () => `
  ${split(
    [
      ['pair', outPairs],
      ['depthPair', depthPairs],
      ['tx', filterWidth],
    ],
    'ty',
    sizeOf(whole),
  )}
  for (int part = 0; part < ${splits}; part++) {
    int from = ((part * ${filterHeight} + ty) * ${depthPairs} + depthPair) * ${outPairs} + pair;
    ${range(filterWidth)
      .map((tap) => `if (tx == ${tap}) { sum += part${tap}_(from); }`)
      .join('\n    ')}
  }
  ${trimmed(depth, info.outChannels, 'depthPair')}`,
  })[0]!
  parts.forEach(device.dispose)
  return sum
}
