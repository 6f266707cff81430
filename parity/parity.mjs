// @ts-check
// `pnpm parity [names…]`: the nets beside PyTorch's, with weights by formula, and the table of their differences.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { listNets, nets } from '@resfn/archs'
import { useWasm } from '@resfn/wasm'
import { compare, evaluate } from './evaluate.mjs'
import { gainOf, keysOf, sizesOf } from './published.mjs'

const here = dirname(fileURLToPath(import.meta.url))

const help = `pnpm parity [names or patterns…] compares the nets with PyTorch's; RESFN_PYTHON is a Python with timm.

  --sizes 97,160   heights and widths of the input of the nets for photographs
  --relaxed        with relaxed SIMD (Node 20 has it behind a flag, later versions always)
  --fixtures       write the logits of PyTorch for the tests: 10 classes, at 64 and 97
  --table FILE     put the table into a Markdown file, between its marks
  --keys           print the keys that only one side has`

/** PyTorch's answers, one at a time. */
const openReference = (/** @type {string} */ python) => {
  const child = spawn(python, ['evaluate.py'], { cwd: join(here, 'reference'), stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (/** @type {object} */ request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`)
    const { value, done } = await lines.next()
    if (done) throw new Error(`${python} ended; does it have timm, torchvision and numpy?`)
    return JSON.parse(value)
  }
  return { ask, close: () => (child.stdin.end(), once(child, 'close')) }
}

const scientific = (/** @type {number} */ value) => value.toExponential(1)

/** Replaces a file at once. */
const write = (/** @type {string} */ file, /** @type {string} */ text) => {
  writeFileSync(`${file}.part`, text)
  renameSync(`${file}.part`, file)
}

const main = async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sizes: { type: 'string', default: '97,160' },
      relaxed: { type: 'boolean', default: false },
      fixtures: { type: 'boolean', default: false },
      table: { type: 'string' },
      keys: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(help)
  const python = process.env.RESFN_PYTHON
  if (python === undefined) throw new Error(`set RESFN_PYTHON to a Python that has timm\n\n${help}`)
  if (values.relaxed) setFlagsFromString('--experimental-wasm-relaxed-simd')
  const { simd, threads } = await useWasm({ threads: 2 })
  if (values.relaxed && simd !== 'relaxed') throw new Error('this engine has no relaxed SIMD')
  const reference = openReference(python)
  const names = positionals.length === 0 ? Object.keys(nets) : positionals.flatMap((pattern) => listNets(pattern))
  /** @type {string[][]} */
  const rows = []
  let failed = 0
  for (const name of names) {
    const entry = nets[name]
    const classes = values.fixtures ? 10 : entry.classes
    const sizes = sizesOf(entry, (values.fixtures ? '64,97' : values.sizes).split(',').map(Number))
    const gain = gainOf(name)
    const channels = entry.input[2] ?? 1
    const theirs = await reference.ask({ name, classes, channels, sizes, gain, lines: values.keys })
    if (theirs.missing !== undefined) {
      failed++
      console.log(`${name.padEnd(28)} NOT COMPARED: ${theirs.missing}`)
      continue
    }
    let ours
    try {
      ours = evaluate(entry.make({ classes }), { input: entry.input, keys: keysOf(entry), gain, sizes })
    } catch (error) {
      failed++
      console.log(`${name.padEnd(28)} FAILED: ${error}`)
      continue
    }
    if (ours.keys !== theirs.keys) {
      failed++
      console.log(`${name.padEnd(28)} OTHER KEYS: ${ours.lines.length} here, ${theirs.count} there`)
      if (values.keys) {
        const [here, there] = [new Set(ours.lines), new Set(theirs.lines)]
        console.log(
          ours.lines
            .filter((line) => !there.has(line))
            .slice(0, 20)
            .map((line) => `  here  ${line}`)
            .join('\n'),
        )
        console.log(
          theirs.lines
            .filter((line) => !here.has(line))
            .slice(0, 20)
            .map((line) => `  there ${line}`)
            .join('\n'),
        )
      }
      continue
    }
    if (values.fixtures) {
      const { lines: _, name: __, seconds: ___, ...fixture } = theirs
      write(join(here, 'fixtures', `${name}.json`), `${JSON.stringify(fixture)}\n`)
    }
    for (const { size, logits, seconds } of ours.runs) {
      const { difference, sameTop5, largest } = compare(logits, theirs.logits[size])
      const right = difference <= 1e-3 && sameTop5 && Number.isFinite(largest)
      if (!right) failed++
      const row = [
        name,
        theirs.reference,
        String(size),
        scientific(difference),
        seconds.toFixed(2),
        theirs.seconds[size].toFixed(2),
      ]
      rows.push(row)
      console.log(
        `${row.map((cell, i) => cell.padEnd([28, 22, 5, 9, 7, 7][i])).join('')}${right ? '' : `  DIFFERS (largest logit ${largest}, ${sameTop5 ? 'same' : 'other'} top 5)`}`,
      )
    }
  }
  await reference.close()
  if (values.table !== undefined) {
    const table = [
      '| net | reference | size | max difference / largest logit | seconds | PyTorch |',
      '| --- | --- | ---: | ---: | ---: | ---: |',
      ...rows.map((row) => `| ${row.join(' | ')} |`),
    ]
    const text = readFileSync(values.table, 'utf8')
    const [start, end] = [`<!-- parity: ${simd} -->`, '<!-- end of parity -->']
    const [from, to] = [text.indexOf(start), text.indexOf(end, text.indexOf(start))]
    if (from < 0 || to < 0) throw new Error(`${values.table} has no ${start} … ${end}`)
    write(values.table, `${text.slice(0, from)}${start}\n\n${table.join('\n')}\n\n${text.slice(to)}`)
  }
  console.log(`${names.length} nets on ${threads} threads with ${simd} SIMD, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}

main().then(
  () => process.exit(),
  (error) => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  },
)
