// @ts-check
// One engine on one net, in a process of its own. Told by lines on stdin: `run <least milliseconds> <least steps>`,
// then `end`. Answers with one JSON object a line; other output of the libraries is ignored by the parent.
import { createInterface } from 'node:readline'
import { examples, nets } from './nets.mjs'

const job = JSON.parse(process.argv[2])
const net = { net: job.net, ...nets[job.net] }
const say = (message) => process.stdout.write(`\n@bench ${JSON.stringify(message)}\n`)
const peakRssMb = () => process.resourceUsage().maxRSS / 1024

const messageOf = (error) =>
  String(error instanceof Error ? error.message : error)
    .split('\n')[0]
    .slice(0, 300)

const main = async () => {
  const { start } = await import(`./engines/${job.module}.mjs`)
  const batch = examples(net, job.batch)
  const started = performance.now()
  const engine = await start({ ...job, net, examples: batch })
  const trains = net.task !== 'predict'
  const losses = []
  const after = {}
  const step = async () => {
    losses.push(await engine.step())
    if (losses.length === 2 || losses.length === 8) after[losses.length] = engine.memory?.()
  }
  await step()
  const firstMs = performance.now() - started
  // Slow engines are warm after one step.
  if (firstMs < 20_000) await step()
  say({ ready: true, params: engine.params, version: engine.version, firstMs })

  for await (const line of createInterface({ input: process.stdin })) {
    const [command, leastMs, leastSteps] = line.split(' ')
    if (command === 'end') break
    const ms = []
    const from = performance.now()
    while (ms.length < Number(leastSteps) || performance.now() - from < Number(leastMs)) {
      const before = performance.now()
      await step()
      ms.push(performance.now() - before)
    }
    say({ ms })
  }
  const now = engine.memory?.()
  // The heap of a new process finds its size within a few steps; what is asked is that it then stays. Runs of fewer
  // steps do not tell.
  const memory = now && {
    ...now,
    ...(after[2] && { tensorsGrown: now.tensors - after[2].tensors }),
    ...(after[8]?.heapMb !== undefined && { heapGrownMb: now.heapMb - after[8].heapMb }),
  }
  say({
    ...(trains && { firstLoss: losses[0], lastLoss: losses.at(-1) }),
    peakRssMb: peakRssMb(),
    ...memory,
  })
}

main().then(
  () => process.exit(0),
  (error) => {
    say({ refused: messageOf(error), stack: String(error?.stack) })
    process.exit(0)
  },
)
