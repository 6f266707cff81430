// @ts-check
// Steps of training in a page, with our kernels and with those of tfjs in turns:
// ?backend=webgl&net=cifar-resnet8&batch=32&seconds=8&profile=1. The result is left on the body, in JSON.
import * as tf from '@tensorflow/tfjs-core'
import { median, startTraining } from '../training.mjs'

const query = new URLSearchParams(location.search)
const backend = query.get('backend') ?? 'webgl'
const net = query.get('net') ?? 'cifar-resnet8'
const batch = Number(query.get('batch') ?? 32)
const seconds = Number(query.get('seconds') ?? 8)

const starts = {
  webgl: [() => import('@tensorflow/tfjs-backend-webgl'), async () => (await import('@resfn/webgl')).useWebgl()],
  webgpu: [() => import('@tensorflow/tfjs-backend-webgpu'), async () => (await import('@resfn/webgpu')).useWebgpu()],
}

/** Waits until the device has done all that it was given. */
const settle = async () => {
  const last = tf.tidy(() => tf.add(0, 1))
  await last.data()
  last.dispose()
}

/** The milliseconds of each kernel in one step: WebGL is waited for after each of them. */
const profiled = (training) => {
  const { gl } = /** @type {any} */ (tf.backend()).gpgpu
  const pixel = new Uint8Array(4)
  const times = new Map()
  const kernels = tf.getKernelsForBackend(backend)
  const replace = (kernel) => {
    tf.unregisterKernel(kernel.kernelName, backend)
    tf.registerKernel(kernel)
  }
  for (const kernel of kernels) {
    replace({
      ...kernel,
      kernelFunc: (parameters) => {
        const before = performance.now()
        const outputs = kernel.kernelFunc(parameters)
        gl.bindFramebuffer(gl.FRAMEBUFFER, null)
        gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel)
        const { ms = 0, count = 0 } = times.get(kernel.kernelName) ?? {}
        times.set(kernel.kernelName, { ms: ms + performance.now() - before, count: count + 1 })
        return outputs
      },
    })
  }
  const before = performance.now()
  tf.dispose(training.enqueue())
  const ms = performance.now() - before
  kernels.forEach(replace)
  return { ms, kernels: [...times].map(([name, row]) => ({ name, ...row })).sort((a, b) => b.ms - a.ms) }
}

const measure = async () => {
  const [stockOf, oursOf] = starts[backend]
  await stockOf()
  const stock = tf.getKernelsForBackend(backend)
  const { name, kernels: names } = await oursOf()
  const kernels = { stock, ours: tf.getKernelsForBackend(backend) }
  const use = (which) => {
    for (const { kernelName } of tf.getKernelsForBackend(backend)) tf.unregisterKernel(kernelName, backend)
    for (const kernel of kernels[which]) tf.registerKernel(kernel)
  }
  await tf.setBackend(backend)
  const task = { net, input: [28, 28, 1], classes: 10, batch }
  const sides = []
  for (const which of ['ours', 'stock']) {
    use(which)
    const training = startTraining(task)
    const before = performance.now()
    const { loss } = await training.step()
    const firstMs = performance.now() - before
    await training.step()
    sides.push({ which, training, firstMs, ms: [], enqueueMs: [], losses: [loss] })
    document.title = `${which} ${firstMs}`
  }
  const from = performance.now()
  while (sides[1].ms.length < 3 || performance.now() - from < seconds * 1000)
    for (const { which, training, ms, enqueueMs, losses } of sides) {
      use(which)
      await settle()
      const before = performance.now()
      const seen = await training.step()
      ms.push(performance.now() - before)
      enqueueMs.push(seen.enqueueMs)
      losses.push(seen.loss)
    }
  const profiles = {}
  if (query.has('profile') && backend === 'webgl')
    for (const { which, training } of sides) {
      use(which)
      profiles[which] = profiled(training)
    }
  const rows = sides.map(({ which, ms, enqueueMs, firstMs, losses }) => ({
    which,
    medianMs: median(ms),
    leastMs: Math.min(...ms),
    mostMs: Math.max(...ms),
    enqueueMs: median(enqueueMs),
    steps: ms.length,
    firstMs,
    losses: [losses[0], losses.at(-1)],
    profile: profiles[which],
  }))
  return { backend, name, kernels: names.length, net, batch, ratio: rows[1].medianMs / rows[0].medianMs, rows }
}

measure()
  .catch((error) => ({ error: error instanceof Error ? error.stack : String(error) }))
  .then((result) => (document.body.dataset.result = JSON.stringify(result)))
