import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { decode } from '@resfn/tfevents'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { resfn, temporaryFolder } from '../fixtures/context.ts'
import { writeImages } from '../fixtures/images.ts'
import { eventBoard } from './event-board.ts'
import { type LoggedEvent, parseLog } from './event-log.ts'

const numbers = { examples: 10, loss: 2.5, accuracy: 0.25 }
const step = (at: number): LoggedEvent => ({
  type: 'step',
  epoch: 0,
  batch: at - 1,
  step: at,
  ...numbers,
  gradientNorm: NaN,
  learningRate: 0.125,
  seconds: 0.5,
  examplesPerSecond: 20,
})
const events: readonly LoggedEvent[] = [
  step(1),
  step(2),
  { type: 'epoch', epoch: 0, step: 2, ...numbers, learningRate: 0.125 },
  { type: 'evaluation', epoch: 0, step: 2, seconds: 2, ...numbers, perClass: [], confusion: [] },
]

describe('the event file of a run', () => {
  it('has the numbers of the log by tag, and its time', () => {
    const read = decode(eventBoard(8000, events).file)
    expect(E.map((all: readonly object[]) => all.slice(1))(read)).toEqual(
      E.right([
        ...[1, 2].map((at) => ({
          wallTime: 8 + at / 2,
          step: at,
          scalars: {
            'train/loss': 2.5,
            'train/accuracy': 0.25,
            'train/gradient norm': NaN,
            'train/learning rate': 0.125,
            'train/examples per second': 20,
          },
        })),
        { wallTime: 9, step: 2, scalars: { 'epoch/loss': 2.5, 'epoch/accuracy': 0.25 } },
        { wallTime: 11, step: 2, scalars: { 'test/loss': 2.5, 'test/accuracy': 0.25 } },
      ]),
    )
  })

  it('is the same whenever it was begun', () => {
    const whole = eventBoard(8000, events).file
    for (const [at] of events.entries()) {
      const { file, append } = eventBoard(8000, events.slice(0, at))
      expect(Buffer.concat([file, ...events.slice(at).map(append)]).equals(Buffer.from(whole))).toBe(true)
    }
  })

  it('is written by resfn train, and again by a resume that misses it', async () => {
    const cwd = temporaryFolder()
    writeImages(join(cwd, 'images'))
    const flags = '--preset lenet-bn --data images --batch 20 --epochs 1 --threads 1 --out run'.split(' ')
    expect(await resfn(['train', ...flags], { cwd })).toMatchObject({ code: 0 })
    const board = join(cwd, 'run', 'events.out.tfevents.resfn')
    const written = readFileSync(board)
    const log = parseLog('log.jsonl', readFileSync(join(cwd, 'run', 'log.jsonl'), 'utf8'))
    const read = E.getOrElse((): readonly { readonly wallTime: number }[] => [])(decode(written))
    expect(read.length).toBe(1 + log.length)
    expect(written.equals(Buffer.from(eventBoard(1000 * read[0]!.wallTime, log).file))).toBe(true)
    rmSync(board)
    expect(await resfn(['train', '--resume', 'run'], { cwd })).toMatchObject({ code: 0 })
    expect(readFileSync(board).equals(written)).toBe(true)
  })
})
