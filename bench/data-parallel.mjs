// @ts-check
// `node data-parallel.mjs [ROUNDS [BATCH]]`: two ranks of one thread beside a process of one thread and one of two, on
// ResNet-18 and images of 96x96: examples a second of a step with its exchange. Medians of rounds in which they take
// turns.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const [rounds, batch] = [Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 32)]
const steps = 2

/** Trains steps of a rank; sends the seconds that they took at each message. */
const asRank = async () => {
  const { handle, rank, size, threads, batch } = workerData ?? JSON.parse(process.env['RANK_OF_BENCH'] ?? '{}')
  const [
    { useWasm },
    { resnet },
    { replicasOf },
    { single },
    { joinThreads },
    { checkedStep, startRun },
    { sgd },
    { crossEntropy },
    { constantRate },
    { key, uniform },
  ] = await Promise.all([
    import('@resfn/wasm'),
    import('@resfn/archs/resnet'),
    import('@resfn/data-parallel'),
    import('@resfn/collective'),
    import('@resfn/collective/threads'),
    import('@resfn/step'),
    import('@resfn/optimisers'),
    import('@resfn/losses'),
    import('@resfn/schedules'),
    import('@resfn/random'),
  ])
  await useWasm({ threads })
  const collective = handle === undefined ? single() : joinThreads(handle, rank)
  const net = resnet({ depth: 18, classes: 10 })
  const optimiser = sgd({ momentum: 0.9 })
  const own = batch / size
  const examples = {
    images: Float32Array.from(uniform(key(rank), own * 96 * 96 * 3)),
    shape: [own, 96, 96, 3],
    labels: Int32Array.from({ length: own }, (_, i) => i % 10),
    cursor: { epoch: 0, batch: 0 },
    next: { epoch: 0, batch: 0 },
    share: { examples: own, whole: batch },
  }
  const replicas = size > 1 ? { replicas: replicasOf(collective) } : {}
  const step = checkedStep({ net, optimiser, loss: crossEntropy(), schedule: constantRate(0.01), ...replicas })
  let run = startRun(net, { optimiser, key: key(0), input: [96, 96, 3] })
  const send = (/** @type {unknown} */ value) =>
    parentPort === null ? process.send?.(value) : parentPort.postMessage(value)
  const take = async () => {
    const started = performance.now()
    for (let i = 0; i < steps; i++) {
      const stepped = await step(run, examples)
      if ('error' in stepped) throw stepped.error
      run = stepped.run
    }
    send((performance.now() - started) / 1000)
  }
  if (parentPort === null) process.on('message', () => void take())
  else parentPort.on('message', () => void take())
  await take()
}

const median = (/** @type {readonly number[]} */ values) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const compare = async () => {
  const { openThreads } = await import('@resfn/collective/threads')
  const program = fileURLToPath(import.meta.url)
  const alone = (/** @type {number} */ threads) =>
    spawn(process.execPath, [program], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, RANK_OF_BENCH: JSON.stringify({ rank: 0, size: 1, threads, batch }) },
    })
  const handle = openThreads(2)
  const pair = [0, 1].map((rank) => new Worker(program, { workerData: { handle, rank, size: 2, threads: 1, batch } }))
  const heard = async (/** @type {import('node:events').EventEmitter} */ from) =>
    Number((await once(from, 'message'))[0])
  const slowest = async () => Math.max(...(await Promise.all(pair.map(heard))))
  // The first steps warm up.
  await slowest()
  const [one, two] = [alone(1), alone(2)]
  await Promise.all([heard(one), heard(two)])
  /** @type {Record<string, number[]>} */
  const rates = { one: [], two: [], ranks: [] }
  for (let round = 0; round < rounds; round++) {
    for (const [name, child] of /** @type {const} */ ([
      ['one', one],
      ['two', two],
    ])) {
      const answer = heard(child)
      child.send('again')
      rates[name]?.push((steps * batch) / (await answer))
    }
    const answer = slowest()
    pair.forEach((worker) => worker.postMessage('again'))
    rates['ranks']?.push((steps * batch) / (await answer))
  }
  const [single, threaded, ranks] = ['one', 'two', 'ranks'].map((name) => median(rates[name] ?? []))
  console.log(
    JSON.stringify({
      batch,
      rounds,
      single,
      threaded,
      ranks,
      againstTwoThreads: Number(ranks) / Number(threaded),
      againstOne: Number(ranks) / Number(single),
    }),
  )
  one.kill()
  two.kill()
  await Promise.all(pair.map((worker) => worker.terminate()))
}

if (isMainThread && process.env['RANK_OF_BENCH'] === undefined) await compare()
else await asRank()
