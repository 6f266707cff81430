/** What is wrong with a text of rates. */
export class RatesError extends Error {
  readonly _tag = 'RatesError'
  override readonly name = 'RatesError'
}

/**
 * Factors of the learning rate from a text: patterns, `=` and a factor, with `;` between several.
 *
 * @param text such as `stem,layer1=0.1;fc=10`; empty for none
 * @returns factors by patterns, for `ratesByPath` of `@resfn/optimisers`
 * @throws RatesError if a factor is missing or not a number of at least 0, or patterns stand twice
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseRates } from '@resfn/recipe'
 *
 * assert.deepEqual(parseRates('stem,layer1=0.1; fc=10'), { 'stem,layer1': 0.1, fc: 10 })
 * ```
 */
export const parseRates = (text: string): { readonly [patterns: string]: number } => {
  if (text.trim() === '') return {}
  const factors = new Map<string, number>()
  for (const part of text.split(';')) {
    const [patterns = '', factor = '', ...more] = part.split('=').map((word) => word.trim())
    const value = Number(factor)
    if (patterns === '' || factor === '' || more.length > 0 || !Number.isFinite(value) || value < 0)
      throw new RatesError(
        `${JSON.stringify(part.trim())} is not parts and a factor of at least 0; write such as stem,layer1=0.1;fc=10`,
      )
    if (factors.has(patterns)) throw new RatesError(`${patterns} stands twice; give it one factor`)
    factors.set(patterns, value)
  }
  return Object.fromEntries(factors)
}
