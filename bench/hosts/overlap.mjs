// @ts-check
// `node overlap.mjs [MEGABITS [MILLISECONDS [BATCH [THREADS]]]]`: steps of ResNet-18 on 96x96 images by two hosts that
// are network namespaces, with gradients that travel after the backward pass and while it goes on, in buckets of
// several sizes. It needs root, and a core more a host than there are threads. ../README.md has the results.
import { fileURLToPath } from 'node:url'
import { replicasOf } from '@resfn/data-parallel'
import { d2lResnet18 } from '@resfn/archs/resnet'
import { findLauncher, mpi } from '@resfn/collective/mpi'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { constantRate } from '@resfn/schedules'
import { checkedStep, startRun } from '@resfn/step'
import { useWasm } from '@resfn/wasm'
import { examples as examplesOf } from '../nets.mjs'
import { median } from '../training.mjs'
import { makeHosts } from './hosts.mjs'

const [megabits = 1000, milliseconds = 10, batch = 32, threads = 1] = process.argv.slice(2).map(Number)
const side = 96
const rounds = 5

/** Takes steps both ways in turns; rank 0 prints the medians in seconds. */
const takeSteps = async () => {
  await useWasm({ threads })
  const started = await mpi()()
  if (started._tag === 'Left') throw new Error(started.left.message)
  const collective = started.right
  const net = d2lResnet18({ classes: 10 })
  const optimiser = sgd({ momentum: 0.9 })
  const input = [side, side, 1]
  const examples = {
    ...examplesOf({ input, classes: 10 }, batch),
    cursor: { epoch: 0, batch: 0 },
    next: { epoch: 0, batch: 0 },
    share: { examples: batch, whole: batch * collective.size },
  }
  const learning = { net, optimiser, loss: crossEntropy(), schedule: constantRate(0.01) }
  const ways = [4, 12, 25, 100].flatMap((bucket) =>
    [false, true].map((overlap) => ({
      bucket,
      overlap,
      step: checkedStep({ ...learning, replicas: replicasOf(collective, { overlap, bucket }) }),
      times: /** @type {number[]} */ ([]),
    })),
  )
  let run = startRun(net, { optimiser, key: key(0), input })
  for (let round = 0; round < rounds; round++)
    for (const { step, times } of ways) {
      await collective.barrier()
      const begin = performance.now()
      const stepped = await step(run, examples)
      if ('error' in stepped) throw stepped.error
      run = stepped.run
      // The first ones make memory and open connections.
      if (round > 0) times.push((performance.now() - begin) / 1000)
    }
  if (collective.rank === 0)
    for (const { bucket, overlap, times } of ways)
      console.log(JSON.stringify({ megabits, milliseconds, batch, threads, bucket, overlap, seconds: median(times) }))
  await collective.close()
}

const compare = async () => {
  const hosts = await makeHosts({ count: 2, megabits, milliseconds })
  try {
    const words = [fileURLToPath(import.meta.url), megabits, milliseconds, batch, threads].map(String)
    const job = hosts.mpirun([process.execPath, ...words], { stdio: ['ignore', 'inherit', 'inherit'] })
    const code = await new Promise((resolve) => job.once('close', resolve))
    if (code !== 0) throw new Error(`the ranks ended with ${code}`)
  } finally {
    hosts.remove()
  }
}

await (findLauncher(process.env) === undefined ? compare() : takeSteps())
