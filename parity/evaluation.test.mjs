// @ts-check
// Every net beside PyTorch's logits (fixtures of `pnpm parity --fixtures`): weights and statistics by formula, two
// sizes.
import { nets } from '@resfn/archs'
import { summary } from '@resfn/layer'
import { useWasm } from '@resfn/wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { besideFixture, fixtureOf } from './evaluate.mjs'
import { keysAndSizes, keysOf } from './published.mjs'

/**
 * Nets with more parameters take long to draw; here their keys are compared, by `pnpm parity` their logits.
 */
const large = 70e6
const [heavy, light] = [true, false].map((isHeavy) =>
  Object.entries(nets).filter(
    ([, { make, input }]) => summary(make({ classes: 10 }), input).params > large === isHeavy,
  ),
)

describe('the logits of', () => {
  beforeAll(() => useWasm({ threads: 1 }))

  it.each(light)('%s are those of PyTorch', (name) => {
    const { fixture, keys, sizes } = besideFixture(name)
    expect(sizes.length).toBe(2)
    expect(keys).toEqual([fixture.count, fixture.keys])
    for (const { size, difference, sameTop5 } of sizes) {
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
