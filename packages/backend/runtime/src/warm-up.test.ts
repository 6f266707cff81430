import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { init } from '@resfn/layer'
import { key } from '@resfn/random'
import { draw, relativeError, useSoftwareVulkan } from '@resfn/test-utils'
import { input, net } from '@resfn/test-utils/tiny'
import { describe, expect, it, vi } from 'vitest'
import { useBackend, warmUp, type WarmUpProgress } from './index.ts'

// The driver takes seconds to compile a shader, and tens where other programs run.
vi.setConfig({ testTimeout: 300_000 })

const quiet = { report: () => undefined }

describe('warmUp', () => {
  it('computes once where there is nothing to compile', async () => {
    await useBackend('cpu', quiet)
    const compute = vi.fn<() => tf.Tensor>(() => tf.add(1, 2))
    const before = tf.memory().numTensors
    const { programs, milliseconds } = await warmUp(compute)
    expect(programs).toBe(0)
    expect(milliseconds).toBeGreaterThan(0)
    expect(compute).toHaveBeenCalledTimes(1)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('compiles on WebGPU all that the first use would compile, and tells of each program', async () => {
    const { params, state } = init(net, key(0), input)
    const compute = (): tf.Tensor => net.apply(params, draw(1, 2, ...input), state)
    await useBackend('cpu', quiet)
    const expected = await tf.tidy(compute).data()

    useSoftwareVulkan()
    await useBackend('webgpu', quiet)
    const { device } = tf.backend() as unknown as { readonly device: GPUDevice }
    const alone = vi.spyOn(device, 'createComputePipeline')
    const told: WarmUpProgress[] = []
    const before = tf.memory().numTensors
    const { programs } = await warmUp(compute, { onProgress: (progress) => told.push(progress) })
    expect(programs).toBeGreaterThan(3)
    expect(told).toEqual(Array.from({ length: programs + 1 }, (_, compiled) => ({ compiled, programs })))
    expect(tf.memory().numTensors).toBe(before)
    // All of it side by side: neither the computation in the warm-up nor the next one compiles alone.
    const result = tf.tidy(compute)
    expect(relativeError((await result.data()) as Float32Array, expected as Float32Array)).toBeLessThan(2e-5)
    expect(alone).not.toHaveBeenCalled()

    const failing = warmUp(() => {
      tf.erf(draw(1, 5))
      throw new Error('does not compute')
    })
    await expect(failing).rejects.toThrow('does not compute')
    expect(tf.env().getBool('WEBGPU_ENGINE_COMPILE_ONLY')).toBe(false)
    expect(await tf.erf([0]).data()).toEqual(Float32Array.of(0))
  })
})
