import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { useBackend } from '@resfn/runtime'
import * as tf from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { resnet8 } from '../composition/composition.ts'
import { type Data, fewer } from './data.ts'
import type { Happening, Settings, Task } from './protocol.ts'
import { openSession } from './session.ts'

let data: Data
beforeAll(async () => {
  await useBackend('wasm', { threads: 1, report: () => undefined })
  const loaded = await loadFashionMnistSubset()
  if (E.isLeft(loaded)) throw new Error(loaded.left.message)
  const { train, test } = loaded.right
  data = { train: fewer(train, 40), test: fewer(test, 20), moments: { mean: [0.286], std: [0.353] } }
})

const settings: Settings = {
  epochs: 3,
  batch: 10,
  optimiser: 'sgd',
  lr: 0.05,
  schedule: 'constant',
  momentum: 0.9,
  weightDecay: 0,
  smoothing: 0,
  flip: false,
  crop: 0,
  images: 40,
  seed: 0,
}
const small = { ...resnet8, blocks: [1, 1], width: 4 }
const task: Task = {
  tracks: [
    { label: 'residual', composition: small },
    { label: 'plain', composition: { ...small, shortcut: 'none' } },
  ],
  settings,
}

const begun = (of: Task = task, checkpoints?: readonly Uint8Array[]) => {
  const seen: Happening[] = []
  const session = openSession(
    of,
    { data, report: (what) => seen.push(what), replaceBackend: () => Promise.reject(new Error('not lost')) },
    checkpoints,
  )
  return {
    session,
    seen,
    losses: (track: number): readonly number[] =>
      seen.flatMap((what) => (what.type === 'step' && what.track === track ? [what.loss] : [])),
    of: <T extends Happening['type']>(type: T) =>
      seen.filter((what): what is Extract<Happening, { readonly type: T }> => what.type === type),
  }
}

describe('a session', () => {
  it('trains both nets one step each in turn, and shows gradients, judgements and checkpoints', async () => {
    const { session, seen, losses, of } = begun()
    expect(await session.train()).toBe('finished')
    expect(losses(0)).toHaveLength(12)
    expect(losses(1)).toHaveLength(12)
    expect(seen.flatMap((what) => (what.type === 'step' ? [what.track] : [])).slice(0, 4)).toEqual([0, 1, 0, 1])
    expect(of('depth')[0]).toMatchObject({
      paths: expect.arrayContaining(['conv1.weight', 'layer2.0.conv2.weight', 'fc.weight']),
    })
    expect(of('depth')[0]!.norms.every((norm) => norm > 0)).toBe(true)
    const [judged] = of('judged')
    expect(judged!.confusion.flat().reduce((sum, count) => sum + count)).toBe(judged!.examples)
    expect(judged!.mistakes.map(({ probability }) => probability)).toEqual(
      judged!.mistakes.map(({ probability }) => probability).toSorted((a, b) => b - a),
    )
    expect(of('kept').at(-1)!.checkpoints).toHaveLength(2)
    await session.end()
  })

  it('paused, asked, moved and begun again from its checkpoints is the same run, bit by bit', async () => {
    const whole = begun()
    await whole.session.train()
    await whole.session.end()

    const first = begun()
    const training = first.session.train()
    while (first.losses(1).length < 2) await new Promise((resolve) => setTimeout(resolve, 1))
    const look = await first.session.look(0, 3)
    expect(look.probabilities.reduce((sum, p) => sum + p)).toBeCloseTo(1, 5)
    expect(look.parts.map(({ path }) => path)).toEqual(expect.arrayContaining(['conv1', 'layer1.0', 'layer2.0']))
    await first.session.move(async () => undefined)
    await first.session.pause()
    expect(await training).toBe('paused')
    const { checkpoints } = first.of('kept').at(-1)!
    await first.session.end()

    const second = begun(task, checkpoints)
    expect(await second.session.train()).toBe('finished')
    for (const track of [0, 1]) expect([...first.losses(track), ...second.losses(track)]).toEqual(whole.losses(track))
    await second.session.end()
  })

  it('scales the learning rate while it trains', async () => {
    const { session, of } = begun()
    session.scaleRate(0.5)
    const training = session.train()
    while (of('step').length < 4) await new Promise((resolve) => setTimeout(resolve, 1))
    session.scaleRate(0.1)
    await training
    expect(of('step')[0]!.learningRate).toBeCloseTo(0.025, 9)
    expect(of('step').at(-1)!.learningRate).toBeCloseTo(0.005, 9)
    await session.end()
  })

  it('leaves no tensor behind, and refuses the checkpoints of another net', async () => {
    const before = tf.memory().numTensors
    const { session, of } = begun()
    await session.train()
    await session.look(1, 0)
    const { checkpoints } = of('kept').at(-1)!
    await session.end()
    expect(tf.memory().numTensors).toBe(before)
    const other: Task = { ...task, tracks: [task.tracks[0]!, { label: 'other', composition: { ...small, width: 8 } }] }
    expect(() => begun(other, checkpoints)).toThrow(
      /params\.conv1\.weight is F32 \[3,3,1,4\], expected F32 \[3,3,1,8\]/,
    )
    expect(tf.memory().numTensors).toBe(before)
  })
})
