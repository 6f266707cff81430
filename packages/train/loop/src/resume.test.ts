import {
  type CheckpointError,
  decodeCheckpoint,
  encodeCheckpoint,
  restoreRun,
  restoreVariables,
} from '@resfn/checkpoint'
import { adamW, clipByGlobalNorm, type Optimiser, sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { startRun, weightsOf } from '@resfn/step'
import { describeBackends } from '@resfn/test-utils'
import { description, input, net, optimiser, type TinyRun, training, valuesOf } from '@resfn/test-utils/tiny'
import { dispose } from '@resfn/tree'
import fc from 'fast-check'
import { either as E, function as F } from 'fp-ts'
import { expect, it } from 'vitest'
import { train } from './index.ts'

const wanted = { net, name: 'tiny', input }
const steps = 9

const right = <A>(result: E.Either<CheckpointError, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

const start = (using: Optimiser = optimiser): TinyRun => startRun(net, { optimiser: using, key: key(1), input })
const bytesOf = async (run: TinyRun): Promise<Uint8Array> => right(await encodeCheckpoint(run, description)())
const read = (bytes: Uint8Array, using: Optimiser = optimiser): E.Either<CheckpointError, TinyRun> =>
  F.pipe(
    bytes,
    decodeCheckpoint,
    E.chain((checkpoint) => restoreRun(checkpoint, { ...wanted, optimiser: using })),
  )

/** Trains to the end, or to a step, where it is aborted. */
const trainTo = async (
  run: TinyRun,
  using: Optimiser,
  { until = Number.POSITIVE_INFINITY, averageDecay }: { readonly until?: number; readonly averageDecay?: number } = {},
): Promise<TinyRun> => {
  const signal = { aborted: until === 0 }
  const average = averageDecay === undefined ? {} : { averageDecay }
  for await (const event of train(training({ optimiser: using, signal, ...average }), run)) {
    if (event.type === 'step' && event.step === until) signal.aborted = true
    if (event.type === 'done') return event.run
  }
  throw new Error('there was no done event')
}

const frozen = ({ params, state, optimiser: memory, average = { params, state }, ...rest }: TinyRun): unknown => ({
  ...valuesOf({ params, state, memory, average }),
  rest,
})

const resumed: { readonly [name: string]: Optimiser } = {
  'sgd with momentum': optimiser,
  'clipped adamW': clipByGlobalNorm(1)(adamW({ decay: 0.01 })),
  'plain sgd': sgd(),
}

describeBackends('a run resumed from its checkpoint', () => {
  it.each(Object.keys(resumed))('ends exactly as the unbroken one, wherever it was interrupted (%s)', async (name) => {
    const using = resumed[name]!
    const unbroken = await trainTo(start(using), using)
    const expected = frozen(unbroken)
    dispose(unbroken)
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 0, max: steps - 1 }), { maxLength: 3 }), async (breaks) => {
        let run = start(using)
        for (const until of [...breaks].sort((a, b) => a - b)) {
          const stopped = await trainTo(run, using, { until })
          expect(stopped.step).toBe(until)
          run = right(read(await bytesOf(stopped), using))
          dispose(stopped)
        }
        const last = await trainTo(run, using)
        expect(frozen(last)).toEqual(expected)
        dispose(last)
      }),
      { numRuns: 8, examples: [[Array.from({ length: steps }, (_, step) => step)]] },
    )
  })

  it('ends with the same moving average, which is what a checkpoint gives to evaluate', async () => {
    const averageDecay = 0.8
    const unbroken = await trainTo(start(), optimiser, { averageDecay })
    let run = start()
    for (const until of [0, 1, 4, 7]) {
      const stopped = await trainTo(run, optimiser, { averageDecay, until })
      run = right(read(await bytesOf(stopped)))
      dispose(stopped)
    }
    const last = await trainTo(run, optimiser, { averageDecay })
    expect(frozen(last)).toEqual(frozen(unbroken))
    const decoded = right(decodeCheckpoint(await bytesOf(last)))
    const found = right(restoreVariables(decoded, wanted))
    expect(valuesOf(found)).toEqual(valuesOf(weightsOf(unbroken)))
    expect(valuesOf(found.params)).not.toEqual(valuesOf(unbroken.params))
    expect(last.history.map(({ evaluation }) => evaluation)).toEqual(
      unbroken.history.map(({ evaluation }) => evaluation),
    )
    dispose([unbroken, last, found])
  })

  it('is the run that was encoded, and gives the same bytes again', async () => {
    const run = await trainTo(start(), optimiser, { until: 5 })
    const bytes = await bytesOf(run)
    const restored = right(read(bytes))
    expect(frozen(restored)).toEqual(frozen(run))
    expect(await bytesOf(restored)).toEqual(bytes)
  })
})
