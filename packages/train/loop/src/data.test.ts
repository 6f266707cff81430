import { batches, batchesInOrder, type ImageSet } from '@resfn/batches'
import { decodeCheckpoint, encodeCheckpoint, restoreRun } from '@resfn/checkpoint'
import { bits, key } from '@resfn/random'
import { startRun } from '@resfn/step'
import { describeBackends } from '@resfn/test-utils'
import { compose, normalise, randomCrop, randomHorizontalFlip } from '@resfn/transforms'
import { either as E, function as F } from 'fp-ts'
import { expect, it } from 'vitest'
import { description, input, net, optimiser, type TinyRun, training, valuesOf } from '@resfn/test-utils/tiny'
import { train } from './index.ts'

const count = 14
const set: ImageSet = {
  images: Uint8Array.from(bits(key(2), count * 16), (n) => n & 255),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 3),
  shape: [4, 4, 1],
  classes: ['a', 'b', 'c'],
}
const normalised = normalise({ mean: [0.5], std: [0.25] })
const real = training({
  batches: (start) =>
    batches(set, {
      size: 4,
      key: key(3),
      transform: compose(randomCrop({ padding: 1 }), randomHorizontalFlip(), normalised),
      start,
    }),
  evaluation: () => batchesInOrder(set, { size: 5, transform: normalised }),
  checkpointSteps: 1,
  epochs: 2,
})

const read = (bytes: Uint8Array): TinyRun => {
  const run = F.pipe(
    bytes,
    decodeCheckpoint,
    E.chain((checkpoint) => restoreRun(checkpoint, { net, name: 'tiny', input, optimiser })),
  )
  if (E.isLeft(run)) throw new Error(run.left.message)
  return run.right
}

/** The losses of the steps, the files of the checkpoints, and the end of a run. */
const follow = async (
  run: TinyRun,
): Promise<{ readonly losses: readonly number[]; readonly files: readonly Uint8Array[]; readonly end: unknown }> => {
  const losses: number[] = []
  const files: Uint8Array[] = []
  for await (const event of train(real, run)) {
    if (event.type === 'step') losses.push(event.loss)
    if (event.type === 'checkpoint') {
      const bytes = await encodeCheckpoint(event.run, description)()
      if (E.isRight(bytes)) files.push(bytes.right)
    }
    if (event.type === 'done')
      return {
        losses,
        files,
        end: { values: valuesOf([event.run.params, event.run.state, event.run.optimiser]), history: event.run.history },
      }
  }
  throw new Error('there was no done event')
}

describeBackends('a run on shuffled and augmented batches of @resfn/batches', () => {
  it('goes on from each of its checkpoints with the same losses to the same end', async () => {
    const unbroken = await follow(startRun(net, { optimiser, key: key(1), input }))
    expect(unbroken.losses).toHaveLength(8)
    expect(unbroken.files).toHaveLength(8)
    for (const file of unbroken.files) {
      const run = read(file)
      const { step } = run
      const rest = await follow(run)
      expect(rest.losses).toEqual(unbroken.losses.slice(step))
      expect(rest.end).toEqual(unbroken.end)
    }
  })
})
