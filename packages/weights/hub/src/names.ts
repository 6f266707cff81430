import { nets } from '@resfn/archs/nets'
import { nearest } from '@resfn/options'
import { names } from './pretrained.generated.ts'

/**
 * The names of weights that timm publishes for nets that are known here: `<architecture>.<tag>`.
 *
 * @see timm, `timm.list_pretrained`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { pretrainedNames } from '@resfn/hub'
 *
 * assert.ok(pretrainedNames.includes('resnet50.tv_in1k'))
 * ```
 */
export const pretrainedNames: readonly string[] = names.split(/\s/)

/** `did you mean resnet50.tv_in1k or resnet50.tv2_in1k?`, or nothing. */
const didYouMean = (given: string, known: readonly string[]): string | undefined => {
  const near = nearest(given, known)
  return near.length === 0 ? undefined : `did you mean ${near.join(' or ')}?`
}

/** The weights that somebody may have meant by the id of a repository. */
export const suggestWeights = (id: string): string =>
  didYouMean(id.slice(id.indexOf('/') + 1), pretrainedNames) ?? 'see pretrainedNames'

/** The nets that somebody may have meant by the name of an architecture. */
export const suggestNet = (architecture: string): string =>
  didYouMean(architecture, Object.keys(nets)) ?? 'listNets() of @resfn/archs names them'
