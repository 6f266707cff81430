// `node bench.mjs [--net a,b] [--engine words] [--quick] [--json]`: training throughput and memory, side by side with peers. See README.md.
import { existsSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { engines } from './engines.mjs'
import { faults, measureNet } from './measure.mjs'
import { nets } from './nets.mjs'
import { table } from './table.mjs'

const usage = `node bench.mjs [options]
  --net resnet8,d2l-resnet18   only these of ${Object.keys(nets).join(', ')}
  --engine resfn,pytorch       only engines whose name contains one of the words
  --threads 2                  only engines on so many threads
  --rounds 5 --seconds 3       turns of each engine, and the least length of one
  --quick                      one turn of a second; leaves out what takes minutes
  --json                       one JSON object a line instead of tables`

const fail = (text) => {
  console.error(`${text}\n\n${usage}`)
  process.exit(2)
}

const read = () => {
  try {
    return parseArgs({
      options: {
        net: { type: 'string' },
        engine: { type: 'string' },
        threads: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    return fail(error.message)
  }
}

const options = read()
if (options.help) {
  console.log(usage)
  process.exit(0)
}

const words = options.engine?.toLowerCase().split(',')
const wanted = options.net?.split(',') ?? Object.keys(nets)
const unknown = wanted.find((name) => !Object.hasOwn(nets, name))
if (unknown !== undefined) fail(`there is no net ${unknown}`)
const number = (name, otherwise) => {
  const value = Number(options[name] ?? otherwise)
  return value > 0 ? value : fail(`--${name} must be a positive number, not ${options[name]}`)
}
const plan = {
  rounds: number('rounds', options.quick ? 1 : 5),
  leastMs: 1000 * number('seconds', options.quick ? 1 : 3),
  leastSteps: options.quick ? 2 : 3,
}

if (!existsSync(join(import.meta.dirname, '..', 'packages', 'train', 'loop', 'dist', 'index.js')))
  fail('the packages are not built; run `pnpm build` first')

const takesPart =
  (net) =>
  ({ name, threads, nets: its }) =>
    its[net] !== undefined &&
    !(options.quick && its[net].quick === false) &&
    (words === undefined || words.some((word) => name.toLowerCase().includes(word))) &&
    (options.threads === undefined || String(threads) === options.threads)

const machine = {
  cpu: cpus()[0]?.model.trim(),
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
}
const report = (text) => process.stderr.write(`${text}\n`)

if (!options.json)
  console.log(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Node ${machine.node.slice(1)}, ${machine.platform}\n`,
  )
const all = []
for (const net of wanted) {
  const chosen = engines.filter(takesPart(net))
  if (chosen.length === 0) continue
  const rows = await measureNet(net, chosen, plan, report)
  all.push(...rows)
  if (options.json) for (const row of rows) console.log(JSON.stringify({ ...row, machine }))
  else console.log(`## ${net}, ${nets[net].input.join('x')}\n\n${table(rows)}\n`)
}
if (all.length === 0) fail('no engine has such a name')
if (!options.json) {
  const versions = [...new Set(all.flatMap(({ version }) => version ?? []))]
  console.log(`versions: ${versions.join(', ')}`)
}
const found = faults(all)
for (const fault of found) report(`FAULT ${fault}`)
if (found.length === 0)
  report(
    'memory and loss: as they should be (tensors constant from step 2 on, heap from step 8 on, peak below 2 GB, losses fall)',
  )
process.exitCode = found.length === 0 ? 0 : 1
