// @ts-check
// `node webgpu.mjs [part of a name]`: values, gradients and speed of @resfn/webgpu on this machine's GPU, beside the
// kernels of tfjs. Writes JSON to $OUT/webgpu.json; README.md says how to carry it to a machine without a network.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { useWasm } from '@resfn/wasm'
import { create, globals } from 'webgpu'
import { cases, differenceOf, valuesOf } from './webgpu/corpus.mjs'
import { jobs } from './webgpu/speed.mjs'

const started = performance.now()
const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
const say = (text) => console.log(`[${seconds()}] ${text}`)
const wanted = process.argv[2] ?? ''
const budgetMs = Number(process.env.BUDGET_SECONDS ?? 150) * 1000

// The kernels of tfjs, before ours lie over them.
Object.assign(globalThis, globals)
const gpu = create((process.env.DAWN ?? '').split(' ').filter(Boolean))
if (globalThis.navigator === undefined) Object.defineProperty(globalThis, 'navigator', { value: { gpu } })
else Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu })
await import('@tensorflow/tfjs-backend-webgpu')
const stock = tf.getKernelsForBackend('webgpu')
const { useWebgpu } = await import('@resfn/webgpu')
await useWasm({ threads: 1 })
const { name, software, adapter, kernels } = await useWebgpu()
const ours = tf.getKernelsForBackend('webgpu')
say(`${name}, ${kernels.length} kernels of ours`)

/** @param {'stock' | 'ours'} which */
const use = (which) => {
  for (const { kernelName } of tf.getKernelsForBackend('webgpu')) tf.unregisterKernel(kernelName, 'webgpu')
  for (const kernel of which === 'stock' ? stock : ours) tf.registerKernel(kernel)
}

/** @type {Record<string, any>} */
const result = { name, software, adapter, node: process.version, dawn: process.env.DAWN ?? '', corpus: [], speed: [] }
const out = process.env.OUT
const save = () => {
  if (out === undefined) return
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, process.env.NAME ?? 'webgpu.json'), JSON.stringify(result, null, 1))
}

// WASM has a corpus of its own against plain JavaScript, which would take minutes here.
let wrong = 0
for (const one of cases.filter((one) => one.name.includes(wanted))) {
  let row
  try {
    await tf.setBackend('wasm')
    const expected = await valuesOf(one.run)
    const nudged = one.nudged && differenceOf(await valuesOf(() => one.nudged(11)), expected).difference
    await tf.setBackend('webgpu')
    const worst = differenceOf(await valuesOf(one.run), expected)
    const right = worst.difference <= (one.tolerance ?? 1e-4)
    row = { name: one.name, right, ...worst, ...(nudged !== undefined && { nudged }) }
  } catch (error) {
    row = { name: one.name, right: false, error: String(error).slice(0, 400) }
  }
  if (!row.right) wrong++
  result.corpus.push(row)
  if (!row.right || row.nudged !== undefined || wanted !== '')
    say(`${row.right ? 'right' : 'WRONG'} ${JSON.stringify(row)}`)
}
say(`${result.corpus.length - wrong} of ${result.corpus.length} cases right`)
save()

const batchSize = (size) => tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', size)
await tf.setBackend('webgpu')
for (const job of jobs.filter((job) => (software ? job.small : !job.small) && job.name.includes(wanted))) {
  for (const which of /** @type {const} */ (['ours', 'stock'])) {
    for (const submit of which === 'ours' ? (job.submits ?? [64]) : [15]) {
      if (performance.now() - started > budgetMs) {
        say(`${job.name}, ${which}: left out, the time is up`)
        continue
      }
      use(which)
      batchSize(submit)
      try {
        const row = { job: job.name, kernels: which, submit, ...(await job.run({ budgetMs: job.budgetMs ?? 3000 })) }
        result.speed.push(row)
        const { profile, ...short } = row
        say(JSON.stringify(short))
        if (profile !== undefined)
          say(
            profile
              .slice(0, 12)
              .map(({ name, ms, count }) => `${ms.toFixed(2)} ms ${count}x ${name.slice(0, 90)}`)
              .join('\n    '),
          )
      } catch (error) {
        result.speed.push({ job: job.name, kernels: which, submit, error: String(error).slice(0, 400) })
        say(`${job.name}, ${which}: FAILED ${error instanceof Error ? error.stack : error}`)
      }
      save()
    }
  }
}
save()
say('done')
process.exitCode = wrong === 0 ? 0 : 1
