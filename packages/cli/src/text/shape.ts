import type { Shape } from '@resfn/layer'

/**
 * The shape in `28x28x1`, `1x28x28` (channels first, as PyTorch prints it) or `784`; channels are few, so they can be
 * told from sides.
 */
export const parseInput = (text: string): Shape => {
  const sizes = text.trim().split(/[x×,]/i).map(Number)
  if (
    sizes.length === 0 ||
    ![1, 2, 3].includes(sizes.length) ||
    !sizes.every((size) => Number.isInteger(size) && size > 0)
  )
    throw new Error(
      'give the shape of one sample, such as 28x28x1 (height x width x channels), 1x28x28 (channels first) or 784',
    )
  const [first, second, last] = sizes
  if (sizes.length === 2) return [first!, second!, 1]
  const isChannelsFirst = sizes.length === 3 && first! <= 4 && last! > 4
  return isChannelsFirst ? [second!, last!, first!] : sizes
}
