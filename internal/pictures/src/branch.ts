import { type Empty, type Layer, lift, type Shape } from '@resfn/layer'

/** A stand-in for any branch. */
export const anyBranch = (output: (input: Shape) => Shape = (input) => input): Layer<Empty> =>
  lift((x) => x, { kind: 'F(x)', output })
