// Runs of compositions: made, written to checkpoints, and read from them.
import { decodeCheckpoint, encodeCheckpoint, type Json, restoreRun } from '@resfn/checkpoint'
import type { Layer, Shape } from '@resfn/layer'
import type { Optimiser } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { optimiserOf, presets, type Recipe } from '@resfn/recipe'
import { type Run, startRun } from '@resfn/step'
import { either as E } from 'fp-ts'
import type { Composition } from '../composition/composition.ts'
import { netOf } from '../composition/design.ts'
import type { Settings, Track } from './protocol.ts'

export type AnyRun = Run<unknown, unknown>

/** A track that can train. */
export type Learner = {
  readonly track: Track
  readonly net: Layer<unknown, unknown>
  readonly name: string
  readonly optimiser: Optimiser
}

/** The whole recipe of some settings. */
export const recipeOf = ({ images: _images, seed: _seed, ...settings }: Settings): Recipe => ({
  ...presets['quick']!.recipe,
  ...settings,
  nesterov: settings.momentum > 0,
})

/** What a checkpoint calls the net: its name, where it has one. */
const nameOf = (composition: Composition): string =>
  composition.kind === 'named' ? composition.name : 'playground-net'

/** A track with its net. */
export const learnerOf = (track: Track, settings: Settings, input: Shape, classes: number): Learner => ({
  track,
  net: netOf(track.composition, classes, input.at(-1)!),
  name: nameOf(track.composition),
  optimiser: optimiserOf(recipeOf(settings)),
})

/** A new run. Tracks of one task begin from the same key. */
export const newRun = ({ net, optimiser }: Learner, { seed }: Settings, input: Shape): AnyRun =>
  startRun(net, { optimiser, key: key(seed), input })

/** The checkpoint of a run. */
export const encodeRun = async (
  { name, track }: Learner,
  run: AnyRun,
  of: { readonly input: Shape; readonly classes: readonly string[]; readonly settings: Settings },
): Promise<Uint8Array> => {
  const { composition } = track
  const options = composition.kind === 'built' ? { options: composition as unknown as Json } : {}
  const encoded = await encodeCheckpoint(run, {
    net: { name, ...options, input: of.input, classes: of.classes },
    training: { page: of.settings as unknown as Json },
  })()
  if (E.isLeft(encoded)) throw new Error(encoded.left.message)
  return encoded.right
}

/** The run of a checkpoint, on the backend that is current. */
export const decodeRun = ({ net, name, optimiser }: Learner, bytes: Uint8Array, input: Shape): AnyRun => {
  const checkpoint = decodeCheckpoint(bytes)
  if (E.isLeft(checkpoint)) throw new Error(checkpoint.left.message)
  const run = restoreRun(checkpoint.right, { net, name, input, optimiser })
  if (E.isLeft(run)) throw new Error(run.left.message)
  return run.right
}
