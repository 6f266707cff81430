import { entry, type NetEntry, type Nets } from '../net-entry.ts'
import { timmKeys } from './keys.ts'
import { resnest, type ResnestBlockOptions, type ResnestOptions } from './resnest.ts'

const row = (depth: ResnestOptions['depth'], description: string, block: ResnestBlockOptions = {}): NetEntry =>
  entry(
    { description: `${description} for ImageNet`, input: [224, 224, 3], classes: 1000, keys: { timm: timmKeys } },
    ({ classes }) => resnest({ ...block, depth, classes }),
  )

/** The nets that pool before the split attention: radix s, cardinality x, base width d. */
const fast = (radix: number, cardinality: number, baseWidth: number): NetEntry =>
  row(50, `fast ResNeSt-50 ${radix}s${cardinality}x${baseWidth}d`, { radix, cardinality, baseWidth, avd: 'first' })

/** The ResNeSts by their names in timm; of the fast ones, those that timm lacks by the names of the authors. */
export const resnests: Nets = {
  resnest14d: row(14, 'ResNeSt-14'),
  resnest26d: row(26, 'ResNeSt-26'),
  resnest50d: row(50, 'ResNeSt-50'),
  resnest101e: row(101, 'ResNeSt-101'),
  resnest200e: row(200, 'ResNeSt-200'),
  resnest269e: row(269, 'ResNeSt-269'),
  resnest50_fast_1s1x64d: fast(1, 1, 64),
  resnest50_fast_2s1x64d: fast(2, 1, 64),
  resnest50_fast_4s1x64d: fast(4, 1, 64),
  resnest50_fast_1s2x40d: fast(1, 2, 40),
  resnest50_fast_2s2x40d: fast(2, 2, 40),
  resnest50d_4s2x40d: fast(4, 2, 40),
  resnest50d_1s4x24d: fast(1, 4, 24),
}
