import { either as E } from 'fp-ts'
import * as v from 'valibot'
import { type Built, choices, type Composition, ranges, resnet8 } from './composition.ts'

const whole = ({ min, max }: { readonly min: number; readonly max: number }) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,4}$/, `a whole number from ${min} to ${max}`),
    v.transform(Number),
    v.minValue(min, `a whole number from ${min} to ${max}`),
    v.maxValue(max, `a whole number from ${min} to ${max}`),
  )
const oneOf = <const A extends string>(values: readonly A[]) => v.picklist(values, `one of ${values.join(', ')}`)
const { stages } = ranges

/** The fields of a link; those that it leaves out are those of ResNet-8. */
const schema = v.object({
  block: v.optional(oneOf(choices.block), resnet8.block),
  blocks: v.optional(
    v.pipe(
      v.string(),
      v.transform((text) => text.split('-')),
      v.array(whole(ranges.blocks)),
      v.minLength(stages.min, `numbers of blocks for ${stages.min} to ${stages.max} stages`),
      v.maxLength(stages.max, `numbers of blocks for ${stages.min} to ${stages.max} stages`),
    ),
    resnet8.blocks.join('-'),
  ),
  width: v.optional(whole(ranges.width), `${resnet8.width}`),
  shortcut: v.optional(oneOf(choices.shortcut), resnet8.shortcut),
  placement: v.optional(oneOf(choices.placement), resnet8.placement),
  groups: v.optional(whole(ranges.groups), `${resnet8.groups}`),
  attention: v.optional(oneOf(choices.attention), resnet8.attention),
})

/** The text of a link that holds the composition, such as `block=bottleneck&blocks=2-2-2&…` or `net=cifar-resnet20`. */
export const toLink = (composition: Composition): string => {
  if (composition.kind === 'named') return new URLSearchParams({ net: composition.name }).toString()
  const { kind: _, blocks, width, groups, ...words } = composition
  return new URLSearchParams({
    ...words,
    blocks: blocks.join('-'),
    width: `${width}`,
    groups: `${groups}`,
  }).toString()
}

/** The composition of a link, or what is wrong with it. */
export const fromLink = (link: string): E.Either<string, Composition> => {
  const given = Object.fromEntries(new URLSearchParams(link))
  if (given['net'] !== undefined) return E.right({ kind: 'named', name: given['net'] })
  const result = v.safeParse(schema, given, { abortEarly: true })
  if (result.success) return E.right({ kind: 'built', ...result.output } satisfies Built)
  const [{ path, message }] = result.issues
  const field = String(path?.[0]?.key)
  return E.left(`${field}=${given[field]}: must be ${message}`)
}
