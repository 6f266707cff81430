/**
 * The state of an optimiser: trees with the structure of the parameters, by name (`velocity`, `mean`, …). Empty for
 * plain SGD.
 */
export type OptimiserState = { readonly [name: string]: unknown }

/**
 * The place of the update in the run: `step` counts updates from 0; `learningRate` is that of the schedule at this
 * step.
 */
export type At = { readonly step: number; readonly learningRate: number }

/** The parameters and the optimiser's state after an update. */
export type Updated<P> = { readonly params: P; readonly state: OptimiserState }

/**
 * An optimiser: a pair of pure functions over trees of parameters.
 *
 * - `init(params)`: the state before the first step
 * - `update(gradients, state, params, at)`: parameters and state after the step
 *
 * Decorators such as `weightDecay` and `clipByGlobalNorm` take an optimiser and give one, so they compose by
 * application.
 */
export type Optimiser = {
  readonly init: <P>(params: P) => OptimiserState
  readonly update: <P>(gradients: P, state: OptimiserState, params: P, at: At) => Updated<P>
}
