import fc from 'fast-check'
import { expect, it } from 'vitest'
import { allReduceSeconds, efficiency, fitNetwork } from './model.mjs'

const positive = (min, max) => fc.double({ min, max, noNaN: true })

it('finds the network that the times were made of', () => {
  fc.assert(
    fc.property(positive(1e-6, 1e-1), positive(1e6, 1e10), (alpha, beta) => {
      const calls = [2, 3, 4].flatMap((ranks) => [1e3, 1e6, 4e7].map((bytes) => ({ ranks, bytes })))
      const found = fitNetwork(calls.map((call) => ({ ...call, seconds: allReduceSeconds({ alpha, beta }, call) })))
      expect(found.alpha / alpha).toBeCloseTo(1, 3)
      expect(found.beta / beta).toBeCloseTo(1, 3)
    }),
  )
})

it('says of 45 MB between two hosts of 1 Gbit/s and 10 ms that it takes 0.38 s', () => {
  expect(allReduceSeconds({ alpha: 0.01, beta: 1.25e8 }, { ranks: 2, bytes: 45e6 })).toBeCloseTo(0.38, 6)
})

it('loses nothing on one host, and the more the more hosts there are', () => {
  const network = { alpha: 0.01, beta: 1.25e8 }
  const all = [1, 2, 4, 64].map((hosts) => efficiency(network, { hosts, bytes: 45e6, compute: 2 }))
  expect(all[0]).toBe(1)
  expect(all).toEqual(all.toSorted((a, b) => b - a))
})
