import { init } from '@resfn/layer'
import { key } from '@resfn/random'
import { convertForm, groupedConvolutions, splitTransformMerge, weightsOfPaths, widthOfPaths } from '@resfn/resnext'
import { useBackend } from '@resfn/runtime'
import { abs, max, randomNormal, sub } from '@tensorflow/tfjs-core'

await useBackend('auto')
const channels = 128
for (const cardinality of [1, 2, 4, 8, 32]) {
  const width = widthOfPaths({ cardinality, channels })
  const options = { out: channels, cardinality, width }
  const [paths, grouped] = [splitTransformMerge(options), groupedConvolutions(options)]

  const { params, state } = init(grouped, key(0), [14, 14, channels])
  const asPaths = (tree) => convertForm(tree, { from: 'grouped', to: 'split', cardinality })
  const x = randomNormal([1, 14, 14, channels])
  const difference = sub(paths.apply(asPaths(params), x, asPaths(state)), grouped.apply(params, x, state))
  const [most] = await max(abs(difference)).data()
  console.log(
    `${cardinality} x ${width}d: ${weightsOfPaths({ cardinality, width, channels })} weights, forms differ by`,
    most,
  )
}
