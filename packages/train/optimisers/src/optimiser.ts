/** What an optimiser remembers: by name (`velocity`, `mean`, …) trees of the structure of the parameters. Empty for plain SGD. */
export type OptimiserState = { readonly [name: string]: unknown }

/** Where the run is: `step` counts updates from 0; `learningRate` comes from the schedule at that step. */
export type At = { readonly step: number; readonly learningRate: number }

/** The parameters and the optimiser's state after an update. */
export type Updated<P> = { readonly params: P; readonly state: OptimiserState }

/**
 * An optimiser: a pair of pure functions over trees of parameters.
 *
 * - `init(params)`: the state before the first step
 * - `update(gradients, state, params, at)`: parameters and state after the step
 *
 * Decorators such as `weightDecay` and `clipByGlobalNorm` take an optimiser and give one, so they compose by application.
 */
export type Optimiser = {
  readonly init: <P>(params: P) => OptimiserState
  readonly update: <P>(gradients: P, state: OptimiserState, params: P, at: At) => Updated<P>
}
