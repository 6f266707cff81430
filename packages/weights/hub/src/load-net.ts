import type { KeyMap } from '@resfn/archs'
import { nets } from '@resfn/archs/nets'
import { bestFormat, importWeights } from '@resfn/import'
import { key } from '@resfn/random'
import { dispose } from '@resfn/tree'
import { either as E, function as F, taskEither as TE } from 'fp-ts'
import { failure, type HubError } from './error.ts'
import type { LoadedNet } from './loaded-net.ts'
import { type LoadOptions, type PublishedNet, publishedNet, weightsError } from './published-net.ts'

/** The map of the keys that the weights have. */
const keysOf = ({ config, net, weights }: PublishedNet): KeyMap => {
  const formats = nets[config.architecture]?.keys ?? {}
  const known = Object.keys(formats).length === 0 ? { resfn: [] } : formats
  return known[bestFormat(weights.keys(), net.plan(net.input), known)] ?? []
}

/**
 * The net of published weights: its parameters and its state, read tensor by tensor.
 *
 * @param published what `publishedNet` found
 * @returns the net, whose tensors the caller owns, or why the weights are not those of the net
 * @throws NoBackendError if no backend of TensorFlow.js runs
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { loadPublished, publishedNet } from '@resfn/hub'
 * import { function as F, taskEither as TE } from 'fp-ts'
 *
 * const net = await F.pipe(publishedNet('./no-folder'), TE.flatMap(loadPublished))()
 * assert.equal(net._tag === 'Left' && net.left._tag, 'NotFound')
 * ```
 */
export const loadPublished = (published: PublishedNet): TE.TaskEither<HubError, LoadedNet> => {
  const { config, net, weights, where, revision } = published
  const { architecture, classes, input, preprocessing } = config
  return F.pipe(
    importWeights(net, weights, { input, keys: keysOf(published), key: key(0) }),
    TE.mapLeft(weightsError(`${where}, as ${architecture}`)),
    TE.flatMapEither(({ params, state, drawn }): E.Either<HubError, LoadedNet> => {
      if (drawn.length === 0)
        return E.right({
          name: architecture,
          net,
          params,
          state,
          classes,
          preprocessing,
          ...(revision === undefined ? {} : { revision }),
        })
      dispose([params, state])
      return E.left(
        failure(
          'WrongConfig',
          where,
          `num_classes is ${classes.length}, and the head of the weights has another number of classes; mend config.json`,
        ),
      )
    }),
  )
}

/**
 * A net with published weights, from the Hugging Face hub or from a folder. Files of the hub are kept in the cache that
 * Python's `huggingface_hub` uses; what is there is not fetched again.
 *
 * @param idOrFolder `owner/name` on the hub, a name of timm's such as `resnet50.tv_in1k`, each with `@revision` or
 * without, or a folder with `config.json` and `model.safetensors` (or the index of several, or `pytorch_model.bin`)
 * @param options settings of the hub, by default those of the environment; patience; `onProgress` for each file
 * @returns the net with its classes and its preprocessing; its tensors are the caller's
 * @throws NoBackendError if no backend of TensorFlow.js runs
 * @see timm, `timm.create_model('hf-hub:…', pretrained=True)`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { loadNet } from '@resfn/hub'
 *
 * const net = await loadNet('timm/resnet50.tv_in1k@v1', { offline: true, cache: 'no/cache' })()
 * assert.ok(net._tag === 'Left')
 * assert.match(net.left.message, /revision v1 is not in no.cache, and HF_HUB_OFFLINE is set/)
 * ```
 */
export const loadNet = (idOrFolder: string, options: LoadOptions = {}): TE.TaskEither<HubError, LoadedNet> =>
  F.pipe(publishedNet(idOrFolder, options), TE.flatMap(loadPublished))
