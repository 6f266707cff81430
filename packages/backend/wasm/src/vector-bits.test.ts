import { platform } from '#platform'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { values } from './fixtures/parity.ts'
import { useWasm } from './use-wasm.ts'

type Case = {
  readonly batch: number
  readonly side: number
  readonly from: number
  readonly to: number
  readonly kernel: number
  readonly stride: number
  readonly groups: number
}

// One panel, whole pairs of panels and a last one alone, and a last one that is not full, on each way to work out a
// convolution; the tiles and filters of the last two go through Winograd's method by blocks of tiles and by panels.
const cases: readonly Case[] = [
  { batch: 2, side: 7, from: 20, to: 8, kernel: 1, stride: 1, groups: 1 },
  { batch: 2, side: 7, from: 20, to: 16, kernel: 1, stride: 1, groups: 1 },
  { batch: 1, side: 9, from: 33, to: 25, kernel: 1, stride: 2, groups: 1 },
  { batch: 1, side: 21, from: 3, to: 20, kernel: 7, stride: 2, groups: 1 },
  { batch: 3, side: 9, from: 5, to: 17, kernel: 3, stride: 2, groups: 1 },
  { batch: 2, side: 9, from: 36, to: 72, kernel: 3, stride: 2, groups: 3 },
  { batch: 2, side: 13, from: 48, to: 40, kernel: 3, stride: 1, groups: 1 },
  { batch: 2, side: 13, from: 48, to: 28, kernel: 3, stride: 1, groups: 1 },
  { batch: 2, side: 12, from: 64, to: 48, kernel: 3, stride: 1, groups: 2 },
  { batch: 1, side: 28, from: 192, to: 24, kernel: 3, stride: 1, groups: 1 },
  { batch: 1, side: 8, from: 512, to: 260, kernel: 3, stride: 1, groups: 1 },
]

// Forward twice, so that the second finds the filter kept, and both gradients.
const run = ({ batch, side, from, to, kernel, stride, groups }: Case): readonly Float32Array[] => {
  const settings = { stride, padding: kernel >> 1, dilation: 1, groups }
  const kernelOf = (name: string, inputs: { readonly [name: string]: tf.Tensor }, more = {}): tf.Tensor => {
    const [y] = tf.engine().runKernel(name, { ...inputs }, { ...settings, ...more }) as unknown as [tf.Tensor]
    return y
  }
  const outputs = tf.tidy(() => {
    const x = tf.tensor(values(batch * side * side * from, 1), [batch, side, side, from])
    const filterShape = [kernel, kernel, from / groups, to]
    const filter = tf.tensor(values((kernel * kernel * from * to) / groups, 2), filterShape)
    const y = kernelOf('GroupedConv2D', { x, filter })
    const dy = tf.tensor(values(y.size, 3), y.shape)
    return [
      y,
      kernelOf('GroupedConv2D', { x, filter }),
      kernelOf('GroupedConv2DBackpropInput', { dy, filter }, { inputShape: x.shape }),
      kernelOf('GroupedConv2DBackpropFilter', { x, dy }, { filterShape }),
    ]
  })
  return outputs.map((output) => {
    const found = output.dataSync<'float32'>().slice()
    output.dispose()
    return found
  })
}

const withVectorsOf = async (vectorBits: 128 | 256, threads: number): Promise<readonly (readonly Float32Array[])[]> => {
  vi.spyOn(platform, 'vectorBits').mockReturnValue(vectorBits)
  tf.removeBackend('wasm')
  const report = await useWasm({ threads })
  expect(report).toMatchObject({ vectorBits, threads })
  const found = cases.map(run)
  report.dispose()
  return found
}

const difference = (a: Float32Array, b: Float32Array): number =>
  a.length === b.length ? a.findIndex((value, i) => !Object.is(value, b[i])) : a.length

afterEach(() => vi.restoreAllMocks())

describe('vectors of 256 bits', () => {
  afterAll(() => tf.removeBackend('wasm'))

  for (const threads of [1, 2])
    it(`give the same bits as those of 128, ${threads} thread${threads === 1 ? '' : 's'}`, async () => {
      const narrow = await withVectorsOf(128, threads)
      const wide = await withVectorsOf(256, threads)
      for (const [i, example] of cases.entries()) {
        const differences = wide[i]!.map((found, k) => difference(found, narrow[i]![k]!))
        expect(differences, JSON.stringify(example)).toEqual([-1, -1, -1, -1])
      }
    })

  it('are used where Node was told to join two of WebAssembly, from version 24 on', () => {
    const joins = process.arch === 'x64' && Number.parseInt(process.versions.node) >= 24
    expect(platform.vectorBits()).toBe(128)
    for (const flag of ['--experimental-wasm-revectorize', '--experimental_wasm_revectorize']) {
      vi.spyOn(process, 'execArgv', 'get').mockReturnValue(['--no-warnings', flag])
      expect(platform.vectorBits()).toBe(joins ? 256 : 128)
    }
  })
})
