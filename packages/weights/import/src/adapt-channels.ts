/**
 * The filters of a first convolution for another number of channels than three: their sum over the channels for one,
 * else the channels again and again, times `3 / channels`.
 *
 * @param values `[positions, 3, out]`, row by row
 * @param options the new number of `channels`, and the number `out` of filters
 * @returns `[positions, channels, out]`
 * @see timm, `timm/models/_manipulate.py`, `adapt_input_conv`
 */
export const adaptChannels = (
  values: Float32Array,
  { channels, out }: { readonly channels: number; readonly out: number },
): Float32Array => {
  const positions = values.length / (3 * out)
  const result = new Float32Array(positions * channels * out)
  const factor = Math.fround(3 / channels)
  for (let position = 0; position < positions; position++)
    for (let channel = 0; channel < channels; channel++)
      for (let filter = 0; filter < out; filter++) {
        const of = (source: number): number => values[(position * 3 + source) * out + filter]!
        const to = (position * channels + channel) * out + filter
        result[to] = channels === 1 ? Math.fround(of(0) + of(1)) + of(2) : of(channel % 3) * factor
      }
  return result
}
