// @ts-check
// `node load.mjs FOLDER…`: time and memory from a folder with config.json and weights to the first logits. Each folder
// has a process of its own; what a process takes that only starts the backend is taken off. README.md says more.
import { execFileSync } from 'node:child_process'
import { openSync, readFileSync, readSync, closeSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const mb = 2 ** 20

/** The most that this process held at once, in MB; Linux alone tells it. */
const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024

const seconds = () => {
  const { user, system } = process.cpuUsage()
  return { wall: performance.now() / 1000, cpu: (user + system) / 1e6 }
}

/** @param {ReturnType<typeof seconds>} since */
const passed = (since) => {
  const now = seconds()
  return { wall: now.wall - since.wall, cpu: now.cpu - since.cpu }
}

/** @param {string} folder */
const weightsIn = (folder) =>
  readdirSync(folder)
    .filter((name) => /\.(safetensors|bin)$/.test(name))
    .map((name) => join(folder, name))

/** Reads the weights and drops them, a part after the other. */
const readTime = (/** @type {string} */ folder) => {
  const start = seconds()
  const bytes = new Uint8Array(mb)
  for (const path of weightsIn(folder)) {
    const file = openSync(path, 'r')
    while (readSync(file, bytes) > 0);
    closeSync(file)
  }
  return passed(start)
}

/** What a process of its own measures; without a folder it only starts the backend. */
const measure = async (/** @type {number} */ threads, /** @type {string | undefined} */ folder) => {
  const { useWasm } = await import('@resfn/wasm')
  await useWasm({ threads })
  if (folder === undefined) return { peak: peak() }
  const { loadNet } = await import('@resfn/hub')
  const tf = await import('@tensorflow/tfjs-core')
  const read = readTime(folder)
  const start = seconds()
  const loaded = await loadNet(folder)()
  if (loaded._tag === 'Left') throw new Error(loaded.left.message)
  const load = { ...passed(start), peak: peak() }
  const { net, params, state } = loaded.right
  const beforePass = seconds()
  const logits = tf.tidy(() => net.apply(params, tf.zeros([1, ...net.input]), state))
  await logits.data()
  return { read, load, pass: { ...passed(beforePass), peak: peak() } }
}

const [threads, ...folders] = process.argv.slice(2)
if (process.env.RESFN_BENCH_CHILD !== undefined) {
  console.log(JSON.stringify(await measure(Number(threads), folders[0])))
} else if (!(Number(threads) > 0) || folders.length === 0) {
  console.error('node load.mjs THREADS FOLDER…: folders with config.json and weights, as timm saves them')
  process.exitCode = 2
} else {
  const child = (/** @type {readonly string[]} */ ...args) =>
    JSON.parse(
      execFileSync(process.execPath, [fileURLToPath(import.meta.url), String(threads), ...args], {
        encoding: 'utf8',
        env: { ...process.env, RESFN_BENCH_CHILD: '1' },
      }),
    )
  const base = child().peak
  console.log(
    `backend alone: ${base.toFixed(0)} MB; wall (CPU) in seconds; peaks above the backend alone, of the file\n`,
  )
  console.log('| folder | file, MB | read | load | first logits | peak after load | peak after logits |')
  console.log('|---|---:|---:|---:|---:|---:|---:|')
  for (const folder of folders) {
    const { read, load, pass } = child(folder)
    const file = weightsIn(folder).reduce((sum, path) => sum + statSync(path).size, 0) / mb
    const time = (/** @type {{ wall: number, cpu: number }} */ { wall, cpu }) =>
      `${wall.toFixed(2)} (${cpu.toFixed(2)})`
    const share = (/** @type {{ peak: number }} */ at) => `${((at.peak - base) / file).toFixed(2)}x`
    const cells = [folder, file.toFixed(1), time(read), time(load), time(pass), share(load), share(pass)]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
