import type { CreatedNet } from '@resfn/archs'
import type { Preprocessing } from '@resfn/preprocessing'

/** A net with its weights and all that is needed to use it. */
export type LoadedNet = {
  /** its name in `listNets()` */
  readonly name: string
  /** the net, with the shape of the images in `input` */
  readonly net: CreatedNet
  /** the parameters, as tensors that the caller owns */
  readonly params: unknown
  /** the state, such as running means, as tensors that the caller owns */
  readonly state: unknown
  /** what each output stands for */
  readonly classes: readonly string[]
  /** what was done to the images in its training */
  readonly preprocessing: Preprocessing
  /** the commit that the weights are from, where they are from a hub */
  readonly revision?: string
}
