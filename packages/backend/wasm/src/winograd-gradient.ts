import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Device } from './device.ts'
import { filterWindow, type Info, panels } from './geometry.ts'
import { sizes } from './routines.generated.ts'
import { apart, pays, widthOf, winogradTiles } from './winograd.ts'

const gridOf = ({ batchSize, outHeight, outWidth }: Info) => ({ batch: batchSize, rows: outHeight, columns: outWidth })

/** Whether the filter gradient is faster by F(3x3, 4x4). */
export const winogradFilterGradientPays = (info: Info): boolean =>
  pays(
    filterWindow(info),
    gridOf(info),
    { from: info.inChannels / info.groups, to: info.outChannels / info.groups, groups: info.groups },
    8,
  )

/** The gradient by a 3x3 filter of stride 1. Blocks of tiles, whose two transforms stay in the cache, are added up. */
export const winogradFilterGradient = (
  device: Device,
  info: Info,
  { x, dy, dw }: { readonly [name in 'x' | 'dy' | 'dw']: TensorInfo },
): void => {
  const { inChannels, outChannels, groups } = info
  const tiles = winogradTiles(gridOf(info))
  const most = Math.max(48, Math.floor(1_572_864 / (sizes.POINTS * 4 * (inChannels + outChannels))))
  const blocks = Math.ceil(tiles / most)
  const block = Math.ceil(tiles / blocks)
  const [xStride, dyStride] = [apart(block * inChannels * 4), apart(block * widthOf(outChannels) * 4)]
  const zeroBytes = Math.max(inChannels, outChannels) * 4
  const units = ((inChannels / 4) * panels(outChannels)) / groups
  const parts = {
    products: (blocks > 1 ? units : device.threads * device.abreast) * sizes.UNIT_BYTES,
    xTiles: sizes.POINTS * xStride,
    dyTiles: sizes.POINTS * dyStride,
    zeros: zeroBytes,
    transforms: sizes.TRANSFORM_BYTES * device.threads,
  }
  device.scratch(parts, (at) => {
    device.zero(at.zeros, zeroBytes)
    for (let first = 0; first < tiles; first += block) {
      const count = Math.min(block, tiles - first)
      device.run(
        'winogradTiles',
        {
          x: device.address(x),
          dy: device.address(dy),
          xOut: at.xTiles,
          dyOut: at.dyTiles,
          scratch: at.transforms,
          zeros: at.zeros,
          height: info.inHeight,
          width: info.inWidth,
          outHeight: info.outHeight,
          outWidth: info.outWidth,
          depth: inChannels,
          outDepth: outChannels,
          top: -info.padInfo.top,
          left: -info.padInfo.left,
          first,
          count,
          block,
          xStride,
          dyStride,
        },
        200 * count * (inChannels + outChannels),
      )
      device.run(
        'winogradFilterGradient',
        {
          xTiles: at.xTiles,
          dyTiles: at.dyTiles,
          products: at.products,
          dw: device.address(dw),
          depth: inChannels,
          outDepth: outChannels,
          groups,
          count,
          block,
          xStride,
          dyStride,
          isFirst: first === 0 ? 1 : 0,
          isLast: first + block >= tiles ? 1 : 0,
          allUnits: blocks > 1 ? 1 : 0,
          abreast: device.abreast,
        },
        (72 * count * inChannels * outChannels) / groups,
      )
    }
  })
}
