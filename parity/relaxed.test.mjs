// @ts-check
// A net of each family with relaxed SIMD, which Node 20 has behind a flag: products and sums are rounded once, not
// twice.
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { nets } from '@resfn/archs'
import { useWasm } from '@resfn/wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { compare, evaluate } from './evaluate.mjs'
import { gainOf, keysOf } from './published.mjs'

describe('with relaxed SIMD the logits of', () => {
  beforeAll(async () => {
    if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd')
    expect((await useWasm({ threads: 2 })).simd).toBe('relaxed')
  })

  it.each(['resnet18', 'resnet50', 'cifar-resnet20'])('%s are those of PyTorch', (name) => {
    const entry = nets[name]
    const { logits } = JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'))
    const { runs } = evaluate(entry.make({ classes: 10 }), {
      input: entry.input,
      keys: keysOf(entry),
      gain: gainOf(name),
      sizes: Object.keys(logits).map(Number),
    })
    for (const { size, logits: ours } of runs) {
      const { difference, sameTop5 } = compare(ours, logits[size])
      expect(difference, `at ${size}`).toBeLessThan(1e-3)
      expect(sameTop5, `the five largest at ${size}`).toBe(true)
    }
  })
})
