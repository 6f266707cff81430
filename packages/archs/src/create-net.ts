import type { Layer, Shape } from '@resfn/layer'
import { checkOptions, nearest, optional, OptionsError, wholeNumberFrom } from '@resfn/options'
import { nets } from './nets.ts'

/** A net by name. Its trees are known at run time only. */
export type CreatedNet = Layer<unknown, unknown> & {
  readonly name: string
  /** height, width and channels of the images that it was made for; others of its kind fit too */
  readonly input: Shape
  readonly classes: number
}

const rules = { classes: optional(wholeNumberFrom(1)), channels: optional(wholeNumberFrom(1)) }

/**
 * A net by its name in timm or torchvision (those for small images have names with `cifar-`).
 *
 * @param name one of `listNets()`
 * @param options classes, and channels of the images; by default those that the net was drawn for
 * @throws OptionsError if there is no such net, naming the nearest, or an option is unknown or outside its range
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createNet } from '@resfn/archs'
 *
 * const net = createNet('resnet18', { classes: 10, channels: 1 })
 * assert.deepEqual([net.input, net.plan(net.input).output], [[224, 224, 1], [10]])
 * assert.throws(() => createNet('resnet19'), /there is no net "resnet19"; did you mean resnet1/)
 * ```
 */
export const createNet = (
  name: string,
  options: { readonly classes?: number; readonly channels?: number } = {},
): CreatedNet => {
  checkOptions('createNet', options, rules)
  const row = Object.hasOwn(nets, name) ? nets[name] : undefined
  if (row === undefined) {
    const near = nearest(name, Object.keys(nets))
    const hint = near.length === 0 ? 'listNets() names them' : `did you mean ${near.join(' or ')}?`
    throw new OptionsError(`createNet: there is no net "${name}"; ${hint}`)
  }
  const { classes = row.classes, channels = row.input.at(-1)! } = options
  return { ...row.make({ classes }), name, input: [...row.input.slice(0, -1), channels], classes }
}
