// @ts-check
// A repository as timm publishes one, with weights by formula: the logits are those that timm computed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nets } from '@resfn/archs'
import { exportWeights } from '@resfn/export'
import { loadNet } from '@resfn/hub'
import { timmConfig } from '@resfn/test-utils'
import { useWasm } from '@resfn/wasm'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { compare, fixtureOf } from './evaluate.mjs'
import { noise } from './formula.mjs'
import { gainOf, keysOf, publish } from './published.mjs'

it.each(['resnet10t', 'resnet18'])('%s from a folder has the logits of timm', async (name) => {
  await useWasm({ threads: 1 })
  const entry = /** @type {NonNullable<typeof nets[string]>} */ (nets[name])
  const net = entry.make({ classes: 10 })
  const keys = keysOf(entry)
  const folder = mkdtempSync(join(tmpdir(), 'resfn-parity-'))
  const { params, state } = publish(net, { input: entry.input, keys, gain: gainOf(name) })
  const file = await exportWeights(net, { params, state }, { input: entry.input, keys })()
  if (file._tag === 'Left') throw new Error(file.left.message)
  writeFileSync(join(folder, 'model.safetensors'), file.right)
  writeFileSync(join(folder, 'config.json'), JSON.stringify(timmConfig(name, { classes: 10, input: [64, 64, 3] })))
  const loaded = await loadNet(folder)()
  rmSync(folder, { recursive: true })
  if (loaded._tag === 'Left') throw new Error(loaded.left.message)
  const { net: made, params: read, state: statistics } = loaded.right
  const x = tf.tensor(noise('input', 64 * 64 * 3), [1, ...made.input])
  const logits = /** @type {Float32Array} */ (made.apply(read, x, statistics).dataSync())
  const { difference, sameTop5 } = compare(logits, fixtureOf(name).logits[64])
  expect(difference).toBeLessThan(1e-4)
  expect(sameTop5).toBe(true)
})
