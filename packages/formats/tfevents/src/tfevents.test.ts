import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { either as E } from 'fp-ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from './crc32c.ts'
import { decode, encodeHeader, encodeScalars, type ScalarsEvent } from './index.ts'

const fixture = new Uint8Array(readFileSync(new URL('./fixtures/events.out.tfevents.tensorboard', import.meta.url)))

/** What scripts/fixtures/tfevents.py wrote. */
const events: readonly ScalarsEvent[] = [
  { wallTime: 1764150000.25, step: 0, scalars: { 'train/loss': 2.302585, 'train/accuracy': 0 } },
  { wallTime: 1764150001.5, step: 1, scalars: { 'train/loss': 1.5, 'Übung/rate': 1e-3 } },
  { wallTime: 1764150002, step: 300, scalars: { 'test/loss': NaN, 'test/accuracy': -Infinity } },
  { wallTime: 1764150003, step: 2 ** 40, scalars: {} },
]

const file = (given: readonly ScalarsEvent[], start = 1764150000): Uint8Array =>
  Uint8Array.from([encodeHeader(start), ...given.map(encodeScalars)].flatMap((part) => [...part]))

const inFloat32 = ({ scalars, ...event }: ScalarsEvent) => ({
  ...event,
  scalars: Object.fromEntries(Object.entries(scalars).map(([tag, value]) => [tag, Math.fround(value)])),
})

describe('a file of events', () => {
  it('is byte for byte that of TensorBoard', () => {
    expect(Buffer.from(file(events)).equals(Buffer.from(fixture))).toBe(true)
  })

  it('is read back', () => {
    expect(decode(fixture)).toEqual(
      E.right([{ wallTime: 1764150000, step: 0, scalars: {}, version: 'brain.Event:2' }, ...events.map(inFloat32)]),
    )
  })

  it('comes back whatever is written', () => {
    const scalars = fc.dictionary(
      fc.string().filter((tag) => tag !== '__proto__'),
      fc.float(),
    )
    const event = fc.record({ wallTime: fc.double({ noNaN: true }), step: fc.maxSafeNat(), scalars })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), (given) => {
        const back = decode(file(given as ScalarsEvent[]))
        expect(E.map((read: readonly unknown[]) => read.slice(1))(back)).toEqual(E.right(given.map(inFloat32)))
      }),
      { numRuns: 50, examples: [[[{ wallTime: -0, step: 0, scalars: {} }]]] },
    )
  })
})

describe('the check of Castagnoli', () => {
  it.each([
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['digits', new TextEncoder().encode('123456789'), 0xe3069283],
  ])('is that of RFC 3720 for %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected)
  })
})

describe('a damaged file', () => {
  const tagOf = (bytes: Uint8Array): unknown => {
    const result = decode(bytes)
    return E.isLeft(result) ? result.left._tag : 'right'
  }
  const changed = (at: number): Uint8Array => fixture.with(at, fixture[at]! ^ 1)

  it('is cut anywhere but between two records', () => {
    const ends = new Set([0, ...events.map((_, i) => file(events.slice(0, i)).length), fixture.length])
    for (let end = 0; end <= fixture.length; end++)
      expect(tagOf(fixture.slice(0, end)), String(end)).toBe(ends.has(end) ? 'right' : 'Truncated')
  })

  it('has another bit anywhere', () => {
    for (let at = 0; at < fixture.length; at++) expect(tagOf(changed(at)), String(at)).toBe('Damaged')
  })

  it('has records that hold something else', () => {
    const other = encodeScalars({ wallTime: 0, scalars: { a: 1 } })
    const inner = other.slice(0, -4).with(12, 0x07)
    const view = new DataView(inner.buffer)
    const crc = crc32c(inner.subarray(12))
    const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
    expect(view.byteLength).toBe(inner.length)
    const bytes = Uint8Array.from([...inner, masked & 255, (masked >>> 8) & 255, (masked >>> 16) & 255, masked >>> 24])
    expect(decode(bytes)).toEqual(
      E.left({
        _tag: 'InvalidEvent',
        message: 'byte 0: the record holds no event; take the file from where it was written',
      }),
    )
  })
})

const python = process.env['RESFN_PYTHON']

describe.skipIf(python === undefined)('TensorBoard, with RESFN_PYTHON', () => {
  it('reads what is written', () => {
    const folder = mkdtempSync(join(tmpdir(), 'resfn-tfevents-'))
    const path = join(folder, 'events.out.tfevents.resfn')
    writeFileSync(path, file(events))
    const script = [
      'import json, sys',
      'from tensorboard.backend.event_processing.event_accumulator import EventAccumulator',
      'board = EventAccumulator(sys.argv[1]).Reload()',
      'print(json.dumps({tag: [(e.wall_time, e.step, repr(e.value)) for e in board.Scalars(tag)] for tag in board.Tags()["scalars"]}))',
    ].join('\n')
    expect(JSON.parse(execFileSync(python!, ['-c', script, path], { encoding: 'utf8', stdio: 'pipe' }))).toMatchObject({
      'train/loss': [
        [1764150000.25, 0, '2.3025848865509033'],
        [1764150001.5, 1, '1.5'],
      ],
      'test/loss': [[1764150002, 300, 'nan']],
      'test/accuracy': [[1764150002, 300, '-inf']],
    })
    rmSync(folder, { recursive: true })
  })
})
