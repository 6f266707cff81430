import { type AnyLayer, type Layer, type Layers, untyped } from '@resfn/layer'

/** A net whose trees are known at run time only, and whose parts can still be reached. */
export type UntypedNet = Layer<unknown, unknown> & { readonly layers: Layers }

/** Says that the trees of a net are known at run time only. */
export const untypedNet = (net: AnyLayer & { readonly layers: Layers }): UntypedNet => ({
  ...untyped(net),
  layers: net.layers,
})
