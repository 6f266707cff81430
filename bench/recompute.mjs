// @ts-check
// `node recompute.mjs [NET [BATCH]]`: time and memory of a step of training as it is, and with each residual block
// computed again in the reverse pass. Each has a process of its own, and they take turns. README.md has the results.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The most that this process held at once, in MB; Linux alone tells it. */
const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024

/** @param {number[]} ms */
const median = (ms) => ms.toSorted((a, b) => a - b)[ms.length >> 1] ?? NaN

/** What a process of its own measures; without a net it only starts the backend. */
const measure = async (/** @type {string} */ way, /** @type {string} */ name, /** @type {number} */ batch) => {
  const { useWasm } = await import('@resfn/wasm')
  await useWasm({ threads: 2 })
  if (way === 'nothing') return { peak: peak(), ms: [] }
  const { nets } = await import('@resfn/archs/nets')
  const { editPart, partPaths, untyped } = await import('@resfn/layer')
  const { crossEntropy } = await import('@resfn/losses')
  const { sgd } = await import('@resfn/optimisers')
  const { key } = await import('@resfn/random')
  const { recompute } = await import('@resfn/recompute')
  const { constantRate } = await import('@resfn/schedules')
  const { startRun, takeStep } = await import('@resfn/step')
  const { advance } = await import('@resfn/tree')
  const { input, make } = nets[name] ?? { input: [], make: undefined }
  if (make === undefined) throw new Error(`there is no net ${name}`)
  const whole = untyped(make({ classes: 10 }))
  const blocks = partPaths(whole).filter((path) => /^layer\d+\.\d+$/.test(path))
  const net =
    way === 'as it is'
      ? whole
      : blocks.reduce((edited, path) => editPart(edited, path, (block) => recompute(untyped(block))), whole)
  const optimiser = sgd({ momentum: 0.9 })
  const step = takeStep({ net, loss: crossEntropy(), optimiser, schedule: constantRate(0.01) })
  const images = Float32Array.from({ length: batch * input.reduce((a, b) => a * b) }, (_, i) => Math.sin(i))
  const examples = { images, shape: [batch, ...input], labels: Int32Array.from({ length: batch }, (_, i) => i % 10) }
  let run = startRun(net, { optimiser, key: key(0), input })
  const ms = []
  const losses = []
  for (let i = 0; i < 8; i++) {
    const started = performance.now()
    run = advance(run, (before) => {
      const { learned, loss } = step(before, examples)
      losses.push(loss.dataSync()[0])
      return { ...before, ...learned }
    })
    ms.push(performance.now() - started)
  }
  return { peak: peak(), ms: ms.slice(3), losses }
}

const ways = ['as it is', 'recomputed']
const [first = 'cifar-resnet110', second = '128'] = process.argv.slice(2)
if (process.argv[5] === 'measure') {
  console.log(JSON.stringify(await measure(process.argv[4] ?? '', first, Number(second))))
} else {
  const child = (/** @type {string} */ way) =>
    JSON.parse(
      execFileSync(process.execPath, [fileURLToPath(import.meta.url), first, second, way, 'measure'], {
        encoding: 'utf8',
        maxBuffer: 2 ** 24,
      })
        .trim()
        .split('\n')
        .at(-1) ?? '',
    )
  const idle = child('nothing').peak
  const turns = [...ways, ...ways].map((way) => ({ way, ...child(way) }))
  const rows = ways.map((way) => {
    const own = turns.filter((turn) => turn.way === way)
    return {
      way,
      ms: median(own.flatMap(({ ms }) => ms)),
      peak: Math.max(...own.map((turn) => turn.peak)) - idle,
      losses: own[0]?.losses,
    }
  })
  const [base] = rows
  if (JSON.stringify(rows[0]?.losses) !== JSON.stringify(rows[1]?.losses)) console.log('FAULT: the losses differ')
  console.log(
    `${first}, batch ${second}, two threads\n\n| blocks | ms a step | | peak, MB | |\n|---|---:|---:|---:|---:|`,
  )
  for (const { way, ms, peak: most } of rows)
    console.log(
      `| ${way} | ${ms.toFixed(0)} | ${(ms / (base?.ms ?? NaN)).toFixed(2)} | ${most.toFixed(0)} | ${(most / (base?.peak ?? NaN)).toFixed(2)} |`,
    )
}
