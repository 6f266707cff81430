import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coefficients } from './coefficients.ts'
import { filterBySimd } from './filter-by-simd.ts'
import { filterPlainly } from './filter-plainly.ts'
import { resizePillow } from './index.ts'

const side = fc.integer({ min: 1, max: 40 })
const extremes = [0, 1, 254, 255]

describe('filterBySimd', () => {
  it('gives the bytes of the filter in plain JavaScript, for any picture', () => {
    const filter = filterBySimd()!
    expect(filter).toBeDefined()
    const interpolation = fc.constantFrom('bilinear' as const, 'bicubic' as const)
    const channels = fc.constantFrom(1 as const, 3 as const, 4 as const)
    fc.assert(
      fc.property(side, side, side, side, interpolation, channels, fc.nat(), (...made) => {
        const [height, width, rows, columns, how, of, seed] = made
        const data = Uint8Array.from(
          { length: height * width * of },
          (_, i) => extremes[Math.imul(i + seed, 0x9e3779b1) >>> 30]!,
        )
        const down = coefficients({ from: height, to: rows, first: 0, count: rows, interpolation: how })
        const across = coefficients({ from: width, to: columns, first: 0, count: columns, interpolation: how })
        const band = { data, width, channels: of, top: 0, across, down }
        expect(filter(band)).toEqual(filterPlainly(band))
      }),
    )
  })
})

describe('resizePillow', () => {
  it('makes a picture of many bands as it makes its parts', () => {
    // 60 MB, far more than a band; rows that differ from those beside them.
    const [height, width] = [20_000, 1000]
    const picture = { data: new Uint8Array(height * width * 3), height, width, channels: 3 } as const
    for (let y = 0; y < height; y++) picture.data.fill((y >> 3) * 7, y * width * 3, (y + 1) * width * 3)
    const options = { height: 200, width: 2, interpolation: 'bicubic' } as const
    const whole = resizePillow(picture, options)
    const parts = [0, 50, 100, 150].map((top) =>
      resizePillow(picture, { ...options, window: { top, left: 0, height: 50, width: 2 } }),
    )
    expect([...whole.data]).toEqual(parts.flatMap(({ data }) => [...data]))
    expect(new Set(whole.data).size).toBeGreaterThan(50)
  })
})

describe('resize.generated.ts', () => {
  it('is what scripts/build-resize.mjs makes of assembly/resize.ts', { timeout: 60_000 }, async () => {
    const script = join(import.meta.dirname, '..', 'scripts', 'build-resize.mjs')
    const { generate } = (await import(/* @vite-ignore */ pathToFileURL(script).href)) as {
      readonly generate: () => Promise<string>
    }
    expect(await readFile(join(import.meta.dirname, 'resize.generated.ts'), 'utf8')).toBe(await generate())
  })
})
