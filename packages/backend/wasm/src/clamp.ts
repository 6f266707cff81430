const clamps: { readonly [activation: string]: readonly [low: number, high: number] } = {
  linear: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
}

/** The activations that are a lower and an upper bound; undefined for others. */
export const clampOf = (activation = 'linear'): readonly [low: number, high: number] | undefined => clamps[activation]
