// @ts-check
// `pnpm parity [names…]`: the nets beside PyTorch's, with weights by formula, and the table of their differences.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { listNets, nets } from '@resfn/archs'
import { useWasm } from '@resfn/wasm'
import { compare, evaluate } from './evaluate.mjs'
import { gainOf, keysOf, sizesOf } from './published.mjs'
import { requestOf, train, trained, worst } from './train.mjs'

const here = dirname(fileURLToPath(import.meta.url))

const help = `pnpm parity [names or patterns…] compares the nets with PyTorch's; RESFN_PYTHON is a Python with timm.

  --train          losses, gradients and statistics over three steps of SGD, of a small net of each family
  --sizes 97,160   heights and widths of the input of the nets for photographs
  --relaxed        with relaxed SIMD (Node 20 has it behind a flag, later versions always)
  --fixtures       write what the tests compare with: 10 classes, at 64 and 97
  --table FILE     put the table into a Markdown file, between its marks
  --keys           print the keys that only one side has`

/** PyTorch's answers, one at a time. */
const openReference = (/** @type {string} */ python) => {
  const child = spawn(python, ['answer.py'], { cwd: join(here, 'reference'), stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = new Promise((_, reject) => {
    child.on('error', (error) =>
      reject(new Error(`cannot run ${python}: ${error.message}; RESFN_PYTHON names a Python`)),
    )
  })
  gone.catch(() => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (/** @type {object} */ request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`)
    const { value, done } = await Promise.race([lines.next(), gone])
    if (done) throw new Error(`${python} ended; does it have timm, torchvision and numpy?`)
    return JSON.parse(value)
  }
  return { ask, close: () => (child.stdin.end(), once(child, 'close')) }
}

const scientific = (/** @type {number} */ value) => value.toExponential(1)

/** Replaces a file at once. */
const write = (/** @type {string} */ file, /** @type {string} */ text) => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.part`, text)
  renameSync(`${file}.part`, file)
}

/** Up to 20 of the keys that only one side has. */
const otherKeys = (/** @type {readonly string[]} */ ours, /** @type {readonly string[]} */ theirs) =>
  [
    ['here ', ours, theirs],
    ['there', theirs, ours],
  ].flatMap(([side, lines, others]) => {
    const known = new Set(others)
    return [...lines]
      .filter((line) => !known.has(line))
      .map((line) => `\n  ${side} ${line}`)
      .slice(0, 20)
  })

/**
 * What a task asks PyTorch, and what it makes of the answer: cells of the table, and what is wrong.
 *
 * @typedef {{
 *   readonly head: readonly string[],
 *   readonly names: readonly string[],
 *   readonly folder: string,
 *   readonly request: (name: string, options: any) => any,
 *   readonly compare: (name: string, request: any, theirs: any) => readonly { readonly cells: readonly string[], readonly wrong?: string }[],
 * }} Task
 */

const common = (/** @type {string} */ name, /** @type {any} */ { fixtures, keys }) => {
  const { classes, input } = nets[name]
  return { name, classes: fixtures ? 10 : classes, channels: input[2] ?? 1, gain: gainOf(name), lines: keys }
}

const how = (/** @type {any} */ { name, ...request }) => ({
  ...request,
  input: nets[name].input,
  keys: keysOf(nets[name]),
})

/** @type {Task} */
const evaluation = {
  head: ['net', 'reference', 'size', 'max difference / largest logit', 'seconds', 'PyTorch'],
  names: Object.keys(nets),
  folder: 'fixtures',
  request: (name, options) => ({
    task: 'evaluate',
    ...common(name, options),
    sizes: sizesOf(nets[name], (options.fixtures ? '64,97' : options.sizes).split(',').map(Number)),
  }),
  compare: (name, request, theirs) => {
    const ours = evaluate(nets[name].make(request), how(request))
    if (ours.keys !== theirs.keys) {
      const which = theirs.lines === undefined ? '; --keys shows them' : otherKeys(ours.lines, theirs.lines).join('')
      return [{ cells: [], wrong: `other keys: ${ours.lines.length} here, ${theirs.count} there${which}` }]
    }
    return ours.runs.map(({ size, logits, seconds }) => {
      const { difference, sameTop5, largest } = compare(logits, theirs.logits[size])
      const right = difference <= 1e-3 && sameTop5 && Number.isFinite(largest)
      return {
        cells: [String(size), scientific(difference), seconds.toFixed(2), theirs.seconds[size].toFixed(2)],
        ...(right ? {} : { wrong: `differs (largest logit ${largest}, ${sameTop5 ? 'same' : 'other'} top 5)` }),
      }
    })
  },
}

/** @type {Task} */
const training = {
  head: ['net', 'reference', 'size', 'loss', 'gradients', 'changes', 'statistics'],
  names: Object.keys(trained),
  folder: 'fixtures/training',
  request: requestOf,
  compare: (name, request, theirs) => {
    const ours = train(name)
    const loss = Math.max(...theirs.losses.map((value, i) => Math.abs(ours.losses[i] / value - 1)))
    const parts = ['gradients', 'changes', 'statistics'].map((part) => worst(ours[part], theirs[part]))
    const wrong = [{ name: 'loss', error: loss }, ...parts].filter(({ error }) => !(error <= 1e-4))
    return [
      {
        cells: [String(request.size), scientific(loss), ...parts.map(({ error }) => scientific(error))],
        ...(wrong.length > 0 && { wrong: `differs: ${wrong.map((part) => part.name).join(', ')}` }),
      },
    ]
  },
}

/** Puts a table between the marks of a Markdown file. */
const intoFile = (
  /** @type {string} */ file,
  /** @type {string} */ mark,
  /** @type {readonly (readonly string[])[]} */ rows,
) => {
  const text = readFileSync(file, 'utf8')
  const [start, end] = [`<!-- parity: ${mark} -->`, '<!-- end of parity -->']
  const from = text.indexOf(start)
  const to = text.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`${file} has no ${start} … ${end}`)
  const table = rows.map((row) => `| ${row.join(' | ')} |`).join('\n')
  write(file, `${text.slice(0, from)}${start}\n\n${table}\n\n${text.slice(to)}`)
}

const main = async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      train: { type: 'boolean', default: false },
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

  const task = values.train ? training : evaluation
  const names = positionals.length === 0 ? task.names : positionals.flatMap((pattern) => listNets(pattern, task.names))
  const reference = openReference(python)
  /** @type {string[][]} */
  const rows = []
  const failed = new Set()
  for (const name of names) {
    const request = task.request(name, values)
    const theirs = await reference.ask(request)
    /** @type {ReturnType<Task['compare']>} */
    let results
    try {
      results =
        theirs.missing === undefined
          ? task.compare(name, request, theirs)
          : [{ cells: [], wrong: `NOT COMPARED: ${theirs.missing}` }]
    } catch (error) {
      results = [{ cells: [], wrong: String(error) }]
    }
    for (const { cells, wrong } of results) {
      const row = [name, theirs.reference ?? '', ...cells]
      if (wrong === undefined) rows.push(row)
      else failed.add(name)
      console.log(`${row.map((cell, i) => cell.padEnd([30, 20][i] ?? 9)).join(' ')} ${wrong ?? ''}`)
    }
    if (values.fixtures && !failed.has(name)) {
      const { lines: _, name: __, seconds: ___, ...fixture } = theirs
      write(join(here, task.folder, `${name}.json`), `${JSON.stringify(fixture)}\n`)
    }
  }
  await reference.close()
  if (values.table !== undefined) {
    const rule = task.head.map((_, i) => (i < 2 ? '---' : '---:'))
    intoFile(values.table, values.train ? 'training' : simd, [task.head, rule, ...rows])
  }
  console.log(`${names.length} nets on ${threads} threads with ${simd} SIMD, ${failed.size} failed`)
  process.exitCode = failed.size > 0 ? 1 : 0
}

main().then(
  () => process.exit(),
  (error) => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  },
)
