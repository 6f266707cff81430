/** How a convolution moves over its input, in pixels, and its groups of channels. */
export type Window = {
  readonly stride: number
  readonly padding: number
  readonly dilation: number
  readonly groups: number
}

/** Padding per side, as tfjs takes it: tfjs-node rejects a single number. */
export const sides = (padding: number): 'valid' | [[0, 0], [number, number], [number, number], [0, 0]] =>
  padding === 0
    ? 'valid'
    : [
        [0, 0],
        [padding, padding],
        [padding, padding],
        [0, 0],
      ]
