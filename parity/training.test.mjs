// @ts-check
// A small member of each family beside PyTorch's autograd in float64: losses, every gradient, and the parameters'
// changes and the statistics after three steps of SGD (fixtures of `pnpm parity --train --fixtures`).
import { readFileSync } from 'node:fs'
import { useWasm } from '@resfn/wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { train, trained, worst } from './train.mjs'

const fixtureOf = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(new URL(`./fixtures/training/${name}.json`, import.meta.url), 'utf8'))

describe('training', () => {
  beforeAll(() => useWasm({ threads: 1 }))

  it.each(Object.keys(trained))('%s goes as in PyTorch', (name) => {
    const { losses, ...fixture } = fixtureOf(name)
    const ours = train(name)
    losses.forEach((loss, step) => expect(Math.abs(ours.losses[step] / loss - 1), `loss ${step}`).toBeLessThan(1e-4))
    for (const part of ['gradients', 'changes', 'statistics']) {
      expect(Object.keys(ours[part]).sort()).toEqual(Object.keys(fixture[part]).sort())
      const { name: where, error } = worst(ours[part], fixture[part])
      expect(error, `${part} of ${where}`).toBeLessThan(1e-4)
    }
  })
})
