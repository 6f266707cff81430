// @ts-check
// `node cluster.mjs`: all-reduces between hosts that are network namespaces of this machine, the network that fits
// their times, and what it says of more hosts. It needs root. ../README.md has the results.
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { makeHosts } from './hosts.mjs'
import { allReduceSeconds, fitNetwork } from './model.mjs'
import { draw, predict, tableOf } from './scaling.mjs'

const link = { megabits: 1000, milliseconds: 10 }
/** The gradients of ResNet-18, and fewer. */
const lengths = [250, 25_000, 250_000, 2_500_000, 11_178_378]
const file = (/** @type {string} */ name) => join(import.meta.dirname, name)

/** @param {number} count */
const measure = async (count) => {
  const hosts = await makeHosts({ count, ...link })
  try {
    const job = hosts.mpirun([process.execPath, file('all-reduce.mjs'), ...lengths.map(String)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    job.stdout?.on('data', (part) => (text += part))
    const code = await new Promise((resolve) => job.once('close', resolve))
    if (code !== 0) throw new Error(`the ranks ended with ${code}`)
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  } finally {
    hosts.remove()
  }
}

console.log(
  `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.versions.node}; links of ${link.megabits} Mbit/s, ${link.milliseconds} ms`,
)
/** @type {import('./model.mjs').Measured[]} */
const measured = []
for (const count of [2, 3, 4]) measured.push(...(await measure(count)))
const network = fitNetwork(measured)
console.log('| hosts | bytes | seconds | model |\n| ---: | ---: | ---: | ---: |')
for (const row of measured)
  console.log(
    `| ${row.ranks} | ${row.bytes} | ${row.seconds.toFixed(3)} | ${allReduceSeconds(network, row).toFixed(3)} |`,
  )
console.log(`\nalpha ${(1000 * network.alpha).toFixed(1)} ms, beta ${((8 * network.beta) / 1e6).toFixed(0)} Mbit/s`)

// A host of 8 cores: each doubling of the threads gains what it gains here from one to two.
const [one = 0, two = 0] = ['1', '2'].map((threads) =>
  Number(execFileSync(process.execPath, [file('step.mjs'), threads])),
)
const compute = (256 / 32) * one * (two / one) ** 3
console.log(
  `a step of 32 images: ${one.toFixed(2)} s on one thread, ${two.toFixed(2)} s on two; of 256 on 8 cores: ${compute.toFixed(2)} s\n`,
)

const bytes = 4 * lengths[lengths.length - 1]
/** What the model takes for other networks: the latency of the wire alone, and 80 % of its rate. */
const curves = predict(
  [
    { name: '1 Gbit/s, 10 ms, as measured', network, bytes },
    { name: 'the same, gradients as float16', network, bytes: bytes / 2 },
    { name: '25 Gbit/s, 0.05 ms, assumed', network: { alpha: 5e-5, beta: (0.8 * 25e9) / 8 }, bytes },
  ],
  compute,
)
draw(curves)
console.log(tableOf(curves))
