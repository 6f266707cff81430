import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { encodePng } from './png.ts'
import { report as reportOf, type ReportData } from './index.ts'

/** The page without the line breaks of its templates. */
const report = (data: ReportData): string => reportOf(data).replaceAll(/\s*\n\s*/g, '')

const run: ReportData = {
  title: 'A <net> & two "classes"',
  headline: [{ name: 'test accuracy', value: '0.875' }],
  facts: [{ name: 'seed', value: '<script>alert(1)</script>' }],
  epochs: [
    { epoch: 1, trainLoss: 0.512, trainAccuracy: 0.8, testLoss: 0.4, testAccuracy: 0.875, seconds: 2 },
    { epoch: 2, trainLoss: 0.3, trainAccuracy: 0.9, testLoss: 0.35, testAccuracy: 0.875, seconds: 2.25 },
  ],
  steps: Array.from({ length: 1000 }, (_, i) => ({
    epoch: (i + 1) / 500,
    loss: 2 - i / 1000,
    learningRate: 0.1,
    gradientNorm: 1,
  })),
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

describe('a mistake with a map of what counted', () => {
  const [mistake] = run.mistakes
  const seen = { pixels: new Uint8Array(12).fill(9), height: 2, width: 2, channels: 3 as const }

  it('shows both pictures, and says what the second one is', () => {
    const page = report({ ...run, mistakes: [{ ...mistake!, seen }] })
    expect(page).toContain('alt="test image 7: cat"')
    expect(page).toContain('alt="what counted for dog in test image 7"')
    expect(page).toContain('what counted for that (Grad-CAM)')
    expect(report(run)).not.toContain('Grad-CAM')
  })

  it('is refused where its picture is not whole', () => {
    const cut = { ...seen, pixels: new Uint8Array(11) }
    expect(() => report({ ...run, mistakes: [{ ...mistake!, seen: cut }] })).toThrow(
      'an image of 2 x 2 x 3 has 12 bytes, not 11',
    )
  })
})

describe('report', () => {
  const page = report(run)

  it('is one page that asks for nothing else', () => {
    expect(page).toMatch(/^<!doctype html>/)
    expect(page).not.toMatch(/<script|<link|@import|url\((?!#)|\bsrc="(?!data:image\/png;base64,)/)
    expect(page.replaceAll(/xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:/)
  })

  it('shows names as text, whatever characters they have', () => {
    expect(page).toContain('<title>A &lt;net&gt; &amp; two &quot;classes&quot;</title>')
    expect(page).toContain('<dd>&lt;script&gt;alert(1)&lt;/script&gt;</dd>')
  })

  it('draws four charts that take their colours from the page', () => {
    const charts = page.match(/<svg [^>]*>/g)
    expect(charts?.map((chart) => /aria-label="([^"]*)"/.exec(chart)?.[1])).toEqual([
      'Loss',
      'Accuracy',
      'Learning rate',
      'Gradient norm',
    ])
    for (const colour of ['--train', '--test', '--rate', '--norm']) expect(page).toContain(`stroke="var(${colour})"`)
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
    expect(report(rest)).not.toContain('Gradient norm')
  })

  it('says for each cell of the confusion matrix what it counts', () => {
    expect(page).toContain('title="cat taken for dog: 1 of 4">1</td>')
    expect(page).toContain('title="dog taken for dog: 4 of 4">4</td>')
  })

  it('gives precision, recall and F1, and the class that one is taken for', () => {
    const [cat, dog] = [...page.matchAll(/<th scope="row">(?:cat|dog)<\/th><td class="number">4<\/td>.*?<\/tr>/g)].map(
      ([row]) => row.replaceAll(/<[^>]*>/g, ' ').split(/\s+/),
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

  it('shows images with right and wrong predictions', () => {
    const [mistake] = run.mistakes
    const samples = [mistake!, { ...mistake!, index: 8, predicted: 0 }]
    const shown = report({ ...run, mistakes: [], samples })
    expect(shown).toContain('<b>cat</b><i class="wrong">✗ dog</i>')
    expect(shown).toContain('<b>cat</b><i class="right">✓ cat</i>')
  })

  it('shows the net, the settings and the command that repeats the run', () => {
    const shown = report({
      ...run,
      net: [{ path: 'fc', kind: 'dense', output: [4, 10], params: 7850, macs: 7840 }],
      settings: [{ name: 'lr', value: '0.1' }],
      command: 'resfn train --lr 0.1',
    })
    expect(shown).toContain('<td class="text">4 x 10</td><td class="number">7,850</td>')
    expect(shown).toContain('<dt>lr</dt><dd>0.1</dd>')
    expect(shown).toContain('>resfn train --lr 0.1</pre>')
  })

  it('says what precision and recall are', () => {
    expect(page).toMatch(/Precision: .* Recall: .* F1: /)
  })

  it('refuses an image whose bytes do not fit', () => {
    const [mistake] = run.mistakes
    const wrong = { ...mistake!, image: { ...mistake!.image, width: 3 } }
    expect(() => report({ ...run, mistakes: [wrong] })).toThrow('an image of 2 x 3 x 1 has 6 bytes, not 4')
  })
})

describe('numbers that are not finite', () => {
  const [first, second] = run.epochs
  const page = report({
    ...run,
    epochs: [
      first!,
      { ...second!, trainLoss: Number.POSITIVE_INFINITY, testLoss: Number.NaN, testAccuracy: Number.NaN },
    ],
    steps: [...run.steps!.slice(0, 100), { epoch: 2, loss: Number.NaN, learningRate: 0.1, gradientNorm: Infinity }],
  })

  it('are shown as such in tables', () => {
    expect(page).toMatch(/<th scope="row">2<\/th><td class="number">∞<\/td>.*?<td class="number">NaN<\/td>/)
  })

  it('are marked in charts, and never part of a path', () => {
    expect(page).toContain('▲ above the range: 1, up to ∞ · × NaN: 2')
    for (const [, path] of page.matchAll(/ (?:d|c[xy]|[xy])="([^"]*)"/g)) expect(path).not.toMatch(/NaN|Infinity/)
  })
})

describe('a spike', () => {
  const heights = (shown: string): readonly number[] => {
    const [chart] = shown.match(/<svg role="img" aria-label="Loss".*?<\/svg>/) ?? []
    const path = /class="faint" d="([^"]*)"/.exec(chart!)![1]!
    return [...path.matchAll(/[ML][\d.]+,([\d.]+)/g)].map(([, y]) => Number(y))
  }
  const steps = (losses: readonly number[]): NonNullable<ReportData['steps']> =>
    losses.map((loss, i) => ({ epoch: (i + 1) / losses.length, loss, learningRate: 0.1 }))
  const usual = Array.from({ length: 5000 }, (_, i) => 0.3 + 2 * Math.exp(-i / 700))

  it.each([[[1e9]], [[40, 300]], [[Infinity]]])('of %j does not flatten the curve', (spikes) => {
    const spoilt = usual.with(2000, spikes[0]!).with(2700, spikes.at(-1)!)
    const shown = report({ ...run, steps: steps(spoilt) })
    const [calm, wild] = [heights(report({ ...run, steps: steps(usual) })), heights(shown)]
    const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values)
    expect(spread(wild)).toBeGreaterThan(0.5 * spread(calm))
    expect(shown).toMatch(/▲ above the range: [12], up to /)
  })

  it('at the first step is the start of a curve', () => {
    const shown = report({ ...run, steps: steps(usual) })
    expect(shown).not.toContain('▲')
    expect(Math.min(...heights(shown))).toBeLessThan(60)
  })

  it('does not hide what is not one', () => {
    expect(report({ ...run, steps: steps(usual.map((loss, i) => (i < 2500 ? loss : 100))) })).not.toContain('▲')
  })
})

describe('markup in data', () => {
  const evil = `"'><img src=x onerror=alert(1)></style></title><script>alert(1)</script>`

  /** The same data with markup in place of every value: also of numbers, which a log may hold as strings. */
  const spoil = (value: unknown, path: string): unknown => {
    if (value instanceof Uint8Array) return value
    if (Array.isArray(value)) return value.map((each, i) => spoil(each, `${path}[${i}]`))
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(
        Object.entries(value).map(([name, each]) =>
          name === 'image' ? [name, each] : [name, spoil(each, `${path}.${name}`)],
        ),
      )
    return `${evil}${path}`
  }
  const full: ReportData = {
    ...run,
    subtitle: 'a',
    warnings: ['a'],
    command: 'a',
    settings: [{ name: 'a', value: 'a' }],
    steps: [{ epoch: 1, loss: 1, learningRate: 1, gradientNorm: 1 }],
    net: [{ path: 'a', kind: 'a', output: [1], params: 1, macs: 1 }],
    samples: run.mistakes,
  }
  const isSafe = (page: string): void => {
    expect(page).not.toMatch(/<(?:img src=x|script)/)
    expect(page.match(/<\/style>/g)?.length).toBe(1)
    // Also no value ends an attribute: outside of tags there is only text.
    expect(page).not.toContain(evil.slice(0, 3))
  }

  it('is shown as text in every field, numbers included', () => {
    const page = report(spoil(full, '') as ReportData)
    isSafe(page)
    expect(page).toContain('.epochs[0].epoch')
  })

  it('is shown as text in one field at a time', () => {
    const each = (value: unknown, path: readonly string[]): readonly (readonly string[])[] =>
      typeof value !== 'object' || value === null || value instanceof Uint8Array
        ? [path]
        : Object.entries(value).flatMap(([name, inner]) => (name === 'image' ? [] : each(inner, [...path, name])))
    const replaced = (value: unknown, [name, ...rest]: readonly string[]): unknown =>
      name === undefined
        ? evil
        : Array.isArray(value)
          ? value.with(Number(name), replaced(value[Number(name)], rest))
          : { ...(value as object), [name]: replaced((value as { readonly [name: string]: unknown })[name], rest) }
    const paths = each(full, [])
    expect(paths.length).toBeGreaterThan(40)
    for (const path of paths) isSafe(report(replaced(full, path) as ReportData))
  })

  it('cannot pose as markup of ours', () => {
    isSafe(report({ ...run, title: { markup: evil } as unknown as string }))
  })

  it('could not run a script if there were one', () => {
    const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]*)" ?\/?>/.exec(report(run))?.[1]
    expect(policy).toContain('default-src &#39;none&#39;')
    expect(policy).not.toContain('script-src')
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
