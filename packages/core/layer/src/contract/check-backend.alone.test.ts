import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { init, lift, NoBackendError } from '../index.ts'

describe('init', () => {
  it('says how to start a backend where none is', () => {
    const start = (): unknown =>
      init(
        lift((x) => x),
        [0, 0],
        [1],
      )
    expect(start).toThrow(NoBackendError)
    expect(start).toThrow(
      "init: no backend of TensorFlow.js is ready; call `await useBackend('auto')` of @resfn/runtime first, or import '@tensorflow/tfjs-backend-cpu' (No backend found in registry.)",
    )
  })

  it('says so too while a backend is still starting', async () => {
    tf.registerBackend('slow', () => new Promise<never>(() => undefined))
    void tf.setBackend('slow')
    expect(() =>
      init(
        lift((x) => x),
        [0, 0],
        [1],
      ),
    ).toThrow(/init: no backend .*has not yet been initialized/)
    tf.removeBackend('slow')
  })
})
