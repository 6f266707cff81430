// @ts-check
// `node bench.mjs [--net a,b] [--engine words] [--quick] [--json]`: training throughput and memory, side by side with
// peers. README.md says how it is measured.
import { existsSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { engines } from './engines.mjs'
import { faults, measureNet } from './measure.mjs'
import { nets } from './nets.mjs'
import { fail, readOptions } from './options.mjs'
import { table } from './table.mjs'

const { nets: wanted, json, plan, takesPart } = readOptions()
if (!existsSync(join(import.meta.dirname, '..', 'packages', 'train', 'loop', 'dist', 'index.js')))
  fail('the packages are not built; run `pnpm build` first')

const machine = {
  cpu: cpus()[0]?.model.trim(),
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
}
const { cpu, cores, memoryGb, platform } = machine
/** @param {string} text */
const report = (text) => process.stderr.write(`${text}\n`)
/** @param {string} text */
const print = (text) => {
  if (!json) console.log(text)
}

print(`${cpu}, ${cores} cores, ${memoryGb} GB, Node ${process.versions.node}, ${platform}\n`)
const rows = []
for (const net of wanted) {
  const chosen = engines.filter((engine) => takesPart(net, engine))
  if (chosen.length === 0) continue
  const measured = await measureNet(net, chosen, plan, report)
  rows.push(...measured)
  print(`## ${net}, ${nets[net].input.join('x')}\n\n${table(measured)}\n`)
  if (json) for (const row of measured) console.log(JSON.stringify({ ...row, machine }))
}
if (rows.length === 0) fail('no engine has such a name')
print(`versions: ${[...new Set(rows.flatMap(({ version }) => version ?? []))].join(', ')}`)

const found = faults(rows)
for (const fault of found) report(`FAULT ${fault}`)
if (found.length === 0)
  report(
    'memory and loss are right: tensors constant from step 2, heap from step 8, peak memory below its limit, losses fall',
  )
process.exitCode = found.length === 0 ? 0 : 1
