import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { encodePng } from './png.ts'
import { report, type Run } from './index.ts'

const run: Run = {
  title: 'A <net> & two "classes"',
  headline: [{ name: 'test accuracy', value: '0.875' }],
  facts: [{ name: 'seed', value: '<script>alert(1)</script>' }],
  epochs: [
    { epoch: 1, trainLoss: 0.512, trainAccuracy: 0.8, testLoss: 0.4, testAccuracy: 0.875, seconds: 2 },
    { epoch: 2, trainLoss: 0.3, trainAccuracy: 0.9, testLoss: 0.35, testAccuracy: 0.875, seconds: 2.25 },
  ],
  steps: Array.from({ length: 1000 }, (_, i) => ({ epoch: (i + 1) / 500, loss: 2 - i / 1000, learningRate: 0.1 })),
  classes: ['cat', 'dog'],
  confusion: [
    [3, 1],
    [0, 4],
  ],
  mistakes: [
    {
      index: 7,
      image: { pixels: new Uint8Array([0, 128, 255, 7]), height: 2, width: 2, channels: 1 },
      label: 0,
      predicted: 1,
      probability: 0.999,
    },
  ],
}

describe('report', () => {
  const page = report(run)

  it('is one page that asks for nothing else', () => {
    expect(page).toMatch(/^<!doctype html>/)
    expect(page).not.toMatch(/<script|<link|@import|url\((?!#)|\bsrc="(?!data:image\/png;base64,)/)
    expect(page.replaceAll(/xmlns(:\w+)?="[^"]*"/g, '')).not.toContain('http')
  })

  it('shows names as text, whatever characters they have', () => {
    expect(page).toContain('<title>A &lt;net&gt; &amp; two &quot;classes&quot;</title>')
    expect(page).toContain('<dd>&lt;script&gt;alert(1)&lt;/script&gt;</dd>')
  })

  it('draws three charts that take their colours from the page', () => {
    const charts = page.match(/<svg [^>]*>/g)
    expect(charts?.map((chart) => /aria-label="([^"]*)"/.exec(chart)?.[1])).toEqual([
      'Loss',
      'Accuracy',
      'Learning rate',
    ])
    for (const colour of ['--train', '--test', '--rate']) expect(page).toContain(`stroke="var(${colour})"`)
    expect(page).not.toMatch(/<svg [^>]*(?:width|height)="\d/)
  })

  it('draws no more points than an eye can tell apart', () => {
    const longest = Math.max(...[...page.matchAll(/ d="([^"]*)"/g)].map(([, path]) => path!.split(/\s|,|L/).length))
    expect(longest).toBeLessThan(1300)
  })

  it('leaves out what there is no data for', () => {
    const { steps: _, ...rest } = run
    const short = report({ ...rest, epochs: [], mistakes: [] })
    expect(short).not.toContain('<svg')
    expect(short).not.toContain('mistakes</h2>')
    expect(report(rest)).not.toContain('Learning rate')
  })

  it('says for each cell of the confusion matrix what it counts', () => {
    expect(page).toContain('title="cat taken for dog: 1 of 4">1</td>')
    expect(page).toContain('title="dog taken for dog: 4 of 4">4</td>')
  })

  it('gives precision, recall and F1, and the class that one is taken for', () => {
    const [cat, dog] = [...page.matchAll(/<th scope="row">(?:cat|dog)<\/th><td>4<\/td>.*?<\/tr>/g)].map(([row]) =>
      row.replaceAll(/<[^>]*>/g, ' ').split(/\s+/),
    )
    expect(cat).toEqual(['', 'cat', '4', '1.000', '0.750', '0.857', 'dog', '1×', ''])
    expect(dog).toEqual(['', 'dog', '4', '0.800', '1.000', '0.889', '–', ''])
  })

  it('shows a class without images without a number that is none', () => {
    const empty = report({
      ...run,
      confusion: [
        [0, 0],
        [0, 4],
      ],
    })
    expect(empty).not.toContain('NaN')
    expect(empty).not.toContain('undefined')
  })

  it('shows each mistake with its image', () => {
    expect(page).toContain('alt="test image 7: cat"')
    expect(page).toContain('99 % sure')
  })

  it('refuses an image whose bytes do not fit', () => {
    const [mistake] = run.mistakes
    const wrong = { ...mistake!, image: { ...mistake!.image, width: 3 } }
    expect(() => report({ ...run, mistakes: [wrong] })).toThrow('an image of 2 x 3 x 1 has 6 bytes, not 4')
  })
})

/** A reader of PNG written from the specification: checks the checksums that viewers may not. */
const decoded = (png: Uint8Array): { readonly header: readonly number[]; readonly lines: Uint8Array } => {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const crc = (bytes: Uint8Array): number => {
    let value = 0xffffffff
    for (const byte of bytes) {
      value ^= byte
      for (let i = 0; i < 8; i++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    }
    return (value ^ 0xffffffff) >>> 0
  }
  const chunks = new Map<string, Uint8Array>()
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at)
    expect(view.getUint32(at + 8 + length)).toBe(crc(png.subarray(at + 4, at + 8 + length)))
    chunks.set(String.fromCharCode(...png.subarray(at + 4, at + 8)), png.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  const header = chunks.get('IHDR')!
  const size = new DataView(header.buffer, header.byteOffset)
  return {
    header: [size.getUint32(0), size.getUint32(4), ...header.subarray(8)],
    lines: new Uint8Array(inflateSync(chunks.get('IDAT')!)),
  }
}

describe('encodePng', () => {
  it('writes grey images, row by row', () => {
    const { header, lines } = decoded(
      encodePng({ pixels: new Uint8Array([1, 2, 3, 4, 5, 6]), height: 2, width: 3, channels: 1 }),
    )
    expect(header).toEqual([3, 2, 8, 0, 0, 0, 0])
    expect([...lines]).toEqual([0, 1, 2, 3, 0, 4, 5, 6])
  })

  it('writes RGB images, also longer than one block of zlib', () => {
    const pixels = Uint8Array.from({ length: 200 * 150 * 3 }, (_, i) => (i * 7) & 0xff)
    const { header, lines } = decoded(encodePng({ pixels, height: 150, width: 200, channels: 3 }))
    expect(header).toEqual([200, 150, 8, 2, 0, 0, 0])
    expect(lines.length).toBe(150 * 601)
    expect([...lines.subarray(601 + 1, 601 + 4)]).toEqual([...pixels.subarray(600, 603)])
  })
})
