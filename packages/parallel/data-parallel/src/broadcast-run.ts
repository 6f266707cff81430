import type { Collective, CollectiveError } from '@resfn/collective'
import type { Run } from '@resfn/step'
import { dispose } from '@resfn/tree'
import { either as E, taskEither as TE } from 'fp-ts'
import { entriesOf, layoutOf, numbersOf, pack, sizeOf, treeOf, unpacked } from './layout.ts'

const special: ReadonlyMap<unknown, string> = new Map(
  [Number.NaN, Infinity, -Infinity].map((value) => [value, `${value}`]),
)

/** JSON has no NaN and no infinities, which the history of a run that has diverged holds. */
const write = (value: unknown): string => JSON.stringify(value, (_, inner: unknown) => special.get(inner) ?? inner)
const read = (text: string): unknown =>
  JSON.parse(text, (_, inner: unknown) =>
    typeof inner === 'string' && /^(NaN|-?Infinity)$/.test(inner) ? Number(inner) : inner,
  )

/** Broadcasts values as text. */
const broadcastText = (collective: Collective, text: string): TE.TaskEither<CollectiveError, string> =>
  TE.map((bytes: Uint8Array) => new TextDecoder().decode(bytes))(collective.broadcast(new TextEncoder().encode(text)))

/**
 * The run of rank 0 on all ranks: weights, optimiser, key, place in the data and history. Each rank passes a run of the
 * same net, which it gives away, and gets an equal one: the start of a data-parallel training.
 *
 * @param collective the ranks
 * @param run on rank 0 the run that goes to all, elsewhere one of the same net and optimiser
 * @returns the run, whose tensors the caller owns, or why the ranks could not work together; then the run that was
 * passed is untouched
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { single } from '@resfn/collective'
 * import { broadcastRun } from '@resfn/data-parallel'
 * import { dense } from '@resfn/dense'
 * import { sgd } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 * import { startRun } from '@resfn/step'
 *
 * const run = await broadcastRun(single(), startRun(dense({ out: 2 }), { optimiser: sgd(), key: key(0), input: [3] }))()
 * assert.ok(run._tag === 'Right' && run.right.step === 0)
 * ```
 */
export const broadcastRun =
  <P, S>(collective: Collective, run: Run<P, S>): TE.TaskEither<CollectiveError, Run<P, S>> =>
  async () => {
    const { params, state, optimiser, average, ...progress } = run
    const trees = { params, state, optimiser, ...(average !== undefined && { average }) }
    const layout = layoutOf(trees)
    const told = await broadcastText(collective, write({ layout, progress }))()
    if (told._tag === 'Left') return told
    const first = read(told.right) as { readonly layout: readonly string[]; readonly progress: typeof progress }
    const at = Math.max(
      first.layout.findIndex((entry, i) => entry !== layout[i]),
      layout.length > first.layout.length ? first.layout.length : -1,
    )
    // All take part, so that all end alike.
    const differ = await collective.allReduce(Float32Array.of(at >= 0 ? 1 : 0))()
    if (differ._tag === 'Left') return differ
    if (differ.right[0]! > 0)
      return E.left({
        _tag: 'RanksDiffer',
        message: `the ranks have runs of different nets${at >= 0 ? `: ${first.layout[at] ?? 'nothing'} on rank 0 is ${layout[at] ?? 'nothing'} on rank ${collective.rank}` : ''}; build the same net with the same options on all`,
      })
    const entries = entriesOf(trees)
    const own = new Float32Array(sizeOf(entries))
    pack(await numbersOf(entries), 1, own)
    const bytes = new Uint8Array(own.buffer)
    const sent = await collective.broadcast(bytes)()
    if (sent._tag === 'Left') return sent
    const { average: mean, ...learned } = treeOf(
      trees,
      new Map(unpacked(entries, new Float32Array(sent.right.slice().buffer))),
    )
    dispose(trees)
    return E.right({ ...first.progress, ...learned, ...(mean !== undefined && { average: mean }) })
  }
