// @ts-check
// Every net beside PyTorch's logits (fixtures of `pnpm parity --fixtures`): weights and statistics by formula, two
// sizes.
import { readFileSync } from 'node:fs'
import { nets } from '@resfn/archs'
import { summary } from '@resfn/layer'
import { useWasm } from '@resfn/wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { compare, evaluate } from './evaluate.mjs'
import { gainOf, keysOf, keysAndSizes } from './published.mjs'

/**
 * Nets with more parameters take long to draw; here their keys are compared, by `pnpm parity` their logits.
 */
const large = 70e6
const [heavy, light] = [true, false].map((isHeavy) =>
  Object.entries(nets).filter(
    ([, { make, input }]) => summary(make({ classes: 10 }), input).params > large === isHeavy,
  ),
)

const fixtureOf = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'))

describe('the logits of', () => {
  beforeAll(() => useWasm({ threads: 1 }))

  it.each(light)('%s are those of PyTorch', (name, entry) => {
    const fixture = fixtureOf(name)
    const sizes = Object.keys(fixture.logits).map(Number)
    expect(sizes.length).toBe(2)
    const { runs, keys, lines } = evaluate(entry.make({ classes: 10 }), {
      input: entry.input,
      keys: keysOf(entry),
      gain: gainOf(name),
      sizes,
    })
    expect([lines.length, keys]).toEqual([fixture.count, fixture.keys])
    for (const { size, logits } of runs) {
      const { difference, sameTop5 } = compare(logits, fixture.logits[size])
      expect(difference, `at ${size}`).toBeLessThan(1e-3)
      expect(sameTop5, `the five largest at ${size}`).toBe(true)
    }
  })
})

describe('the keys of', () => {
  it.each(heavy)('%s and their sizes are those of PyTorch', (name, { make, input, ...entry }) => {
    const { lines, digest } = keysAndSizes(make({ classes: 10 }).plan(input), keysOf(entry))
    expect([lines.length, digest]).toEqual([fixtureOf(name).count, fixtureOf(name).keys])
  })
})
