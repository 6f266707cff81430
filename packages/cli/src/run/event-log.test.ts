import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder, testContext } from '../fixtures/context.ts'
import { cutLog, type LoggedEvent, logLine, parseLog } from './event-log.ts'

const events: readonly LoggedEvent[] = [
  {
    type: 'step',
    epoch: 0,
    batch: 0,
    step: 1,
    examples: 10,
    loss: 2.5,
    accuracy: 0.1,
    gradientNorm: Infinity,
    learningRate: 0.1,
    seconds: 0.5,
    examplesPerSecond: 20,
  },
  { type: 'epoch', epoch: 0, step: 1, examples: 10, loss: 2.5, accuracy: 0.1, learningRate: 0.1 },
  {
    type: 'evaluation',
    epoch: 0,
    step: 1,
    seconds: 0.1,
    examples: 2,
    loss: Number.NaN,
    accuracy: 0.5,
    perClass: [{ examples: 2, precision: Number.NaN, recall: 0.5, f1: 0 }],
    confusion: [[2]],
  },
]
const lines = events.map(logLine)
const text = lines.join('')

describe('a log', () => {
  it('comes back as it was written, with numbers that JSON does not have', () => {
    expect(parseLog('log.jsonl', text)).toEqual(events)
  })

  it.each([
    ['a line that is cut', text.slice(0, -20), 3, 'it is not JSON'],
    ['a line that is not JSON', text.replace('{"type":"epoch"', '\u0000'), 2, 'it is not JSON'],
    ['a field of another kind', text.replace('"loss":2.5', '"loss":"<b>"'), 1, 'loss: '],
    ['markup in place of a number', text.replace('"epoch":0', '"epoch":"<img src=x onerror=alert(1)>"'), 1, 'epoch: '],
    ['a missing field', text.replace('"confusion":', '"other":'), 3, 'confusion: '],
    ['an event that is not known', text.replace('"type":"epoch"', '"type":"era"'), 2, 'type: '],
    ['a line that is not an object', `${text}7\n`, 4, ''],
    ['null in place of a number', text.replace('"NaN"', 'null'), 3, 'loss: '],
  ])('with %s is an error that names the line', (_, damaged, line, reason) => {
    expect(() => parseLog('log.jsonl', damaged)).toThrow(
      expect.objectContaining({
        _tag: 'DamagedLog',
        message: expect.stringMatching(
          new RegExp(`^log\\.jsonl, line ${line}: ${reason}.*; put the log of this run back, or move it away`),
        ) as string,
      }),
    )
  })
})

describe('cutLog', () => {
  const cut = async (content: string | undefined, bytes: number) => {
    const path = join(temporaryFolder(), 'log.jsonl')
    if (content !== undefined) writeFileSync(path, content)
    const { context, printed } = testContext()
    const left = await cutLog(context, path, bytes)
    return { left, content: readFileSync(path, 'utf8'), stderr: printed().stderr }
  }

  it('leaves what the checkpoint has seen, whatever comes after it', async () => {
    const bytes = Buffer.byteLength(lines[0]!)
    expect(await cut(`${lines[0]}{"type":`, bytes)).toEqual({ left: bytes, content: lines[0], stderr: '' })
  })

  it.each([
    ['is shorter', text.slice(0, 100), 'has 100 bytes, and the checkpoint counts'],
    ['ends inside a line', text.replaceAll('\n', ' \n'), 'they end inside a line'],
    ['has a damaged line', text.replace('epoch', 'epoxy'), 'line 1: '],
  ])('refuses a log that %s', async (_, content, message) => {
    await expect(cut(content, Buffer.byteLength(text))).rejects.toMatchObject({
      _tag: 'DamagedLog',
      message: expect.stringContaining(message) as string,
    })
  })

  it.each([undefined, ''])('begins anew where the log was moved away (%j)', async (content) => {
    expect(await cut(content, 100)).toMatchObject({
      left: 0,
      content: '',
      stderr: expect.stringContaining('is gone') as string,
    })
  })
})
