import { tensor1d, registerBackend, setBackend } from '@tensorflow/tfjs-core'
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import { describe, expect, it } from 'vitest'
import { ContextLostError, guardContext, type WithContext } from './context-loss.ts'

/** Plain JavaScript with a context that can be lost; then reads never end, as those of WebGL may. */
const startDevice = async (name: string) => {
  const canvas = new EventTarget()
  const state = { lost: false, hangs: false }
  const device = Object.assign(new MathBackendCPU(), {
    gpgpu: { gl: { canvas, isContextLost: () => state.lost } },
    runWebGLProgram: (program: string) => `ran ${program}`,
  })
  const read = device.read.bind(device)
  device.read = (data) => (state.hangs ? new Promise<never>(() => {}) : read(data))
  registerBackend(name, () => device)
  await setBackend(name)
  const { whenLost, lost } = guardContext(device as unknown as WithContext)
  return { canvas, state, device, whenLost, lost }
}

describe('a guarded context', () => {
  it('is read as before while it is there', async () => {
    await startDevice('there')
    expect([...(await tensor1d([1, 2]).data())]).toEqual([1, 2])
  })

  it('ends a read that was waiting when it is lost, and all after it', async () => {
    const { canvas, state, whenLost } = await startDevice('waiting')
    state.hangs = true
    const reading = tensor1d([1]).data()
    canvas.dispatchEvent(new Event('webglcontextlost'))
    await expect(reading).rejects.toThrow(ContextLostError)
    await expect(tensor1d([1]).data()).rejects.toMatchObject({ _tag: 'DeviceLost' })
    expect(await whenLost).toBeInstanceOf(ContextLostError)
  })

  it('gives no zeros of a context that is lost before the page is told', async () => {
    const { state, device, lost } = await startDevice('early')
    expect(lost()).toBeUndefined()
    expect(device.runWebGLProgram('before')).toBe('ran before')
    state.lost = true
    expect(lost()).toBeInstanceOf(ContextLostError)
    expect(() => device.runWebGLProgram('after')).toThrow(lost())
    await expect(tensor1d([1]).data()).rejects.toThrow(/the context of WebGL is lost/)
  })
})
