import { describe, expect, it } from 'vitest'
import { cells, quotient } from './glsl.ts'

/** What GLSL computes, with floats of 32 bits. */
const evaluate = (expression: string, i: number): number => {
  const product = /^int\(\(float\(i\) \+ 0\.5\) \* (.+)\)$/.exec(expression)
  if (product !== null) return Math.trunc(Math.fround(Math.fround(i + 0.5) * Math.fround(Number(product[1]))))
  const [, operator, by] = /^\(i (>>|\/) (\d+)\)$/.exec(expression) ?? []
  if (operator === undefined) return i
  return operator === '>>' ? i >> Number(by) : Math.trunc(i / Number(by))
}

describe('quotient', () => {
  it.each([1, 2, 3, 7, 10, 14, 28, 49, 317, 1009, 2047, 4095])('divides by %i without a rounding fault', (by) => {
    const limit = 2 ** 22 - 1
    const near = Array.from({ length: 3000 }, (_, j) => Math.floor((j * limit) / 3000 / by) * by)
    for (const i of near.flatMap((multiple) => [multiple - 1, multiple, multiple + 1]))
      if (i >= 0 && i < limit) expect(evaluate(quotient('i', by, limit), i), `${i} / ${by}`).toBe(Math.floor(i / by))
  })

  it('divides integers where floats would be too coarse', () => {
    expect(quotient('i', 3, 2 ** 23)).toBe('(i / 3)')
    expect(quotient('i', 8, 2 ** 30)).toBe('(i >> 3)')
  })
})

describe('cells', () => {
  it('counts the texels of a shape as tfjs packs it', () => {
    expect(cells([2, 3, 5, 7])).toEqual({ batch: 6, down: 3, across: 4 })
    expect(cells([5])).toEqual({ batch: 1, down: 1, across: 3 })
    expect(cells([])).toEqual({ batch: 1, down: 1, across: 1 })
  })
})
