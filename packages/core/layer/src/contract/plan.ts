import type { MapTree } from '@resfn/tree'
import type { Initialiser } from './initialiser.ts'
import type { Shape } from './shape.ts'

/**
 * What a leaf of parameters or state is to be: its shape and how its first values are drawn. A class, so that trees see
 * a leaf.
 */
export class Spec {
  readonly shape: Shape
  readonly initialiser: Initialiser
  constructor(shape: Shape, initialiser: Initialiser) {
    this.shape = shape
    this.initialiser = initialiser
  }
}

/** The specs of a tree of tensors: the same tree with a `Spec` at each leaf. */
export type Specs<P> = MapTree<P, Spec>

/** A named part of a plan, for summaries. */
export type Part = { readonly name: string; readonly plan: Plan<unknown, unknown> }

/**
 * What a layer will be on an input of a given shape; plain data, no tensor.
 *
 * - `kind`: what the layer is, in a word or two, for tables (`conv2d 3x3 /2`)
 * - `params`, `state`: the specs of its trees
 * - `output`: the shape of one output sample
 * - `macs`: multiply-adds of convolutions and matrix products for one sample, all parts included (torchvision's count)
 * - `parts`: the plans of its parts in the order they run; empty for an op
 */
export type Plan<P, S> = {
  readonly kind: string
  readonly params: Specs<P>
  readonly state: Specs<S>
  readonly output: Shape
  readonly macs: number
  readonly parts: readonly Part[]
}
