import { dirname } from 'node:path'
import { type Ran, runProgram } from './run-program.ts'

/** What a fresh process found of an addon. */
export type Checked = {
  readonly version: string
  readonly device: string
  /** Of a convolution from plain JavaScript, relative to the largest value. */
  readonly difference: number
}

/**
 * Loads an addon and compares a convolution with that of plain JavaScript. It is sent to another process as text, since
 * an addon that does not fit may end the process; so it takes all that it needs as arguments.
 */
const program = async (load: NodeJS.Require, addon: string, packageName: string): Promise<void> => {
  const util = load('node:util')
  util.isNullOrUndefined ??= (value: unknown) => value == null
  const tf = load('@tensorflow/tfjs')
  tf.env().set('PROD', true)
  const binding = load(addon)
  const { NodeJSKernelBackend } = load(`${packageName}/dist/nodejs_kernel_backend.js`)
  load(`${packageName}/dist/register_all_kernels.js`)
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, packageName))
  const values: { [backend: string]: Float32Array } = {}
  let device = ''
  for (const backend of ['tensorflow', 'cpu']) {
    if (!(await tf.setBackend(backend))) throw new Error(`${backend} does not start`)
    const noise = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i * i))
    const y = tf.conv2d(tf.tensor4d(noise(2400), [2, 10, 15, 8]), tf.tensor4d(noise(720), [3, 3, 8, 10]), 2, 'same')
    values[backend] = await y.data()
    if (backend === 'tensorflow') device = binding.tensorDevice(tf.backend().getInputTensorIds([y])[0])
  }
  let [difference, largest] = [0, 0]
  values['cpu']!.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value))
    difference = Math.max(difference, Math.abs(value - values['tensorflow']![i]!))
  })
  device = /device:(.+)$/.exec(device)?.[1] ?? device
  process.stdout.write(JSON.stringify({ version: binding.TF_Version, device, difference: difference / largest }))
}

/** Checks an addon in a process of its own. */
export const checkAddon = async (
  addon: string,
  { name, folder }: { readonly name: string; readonly folder: string },
): Promise<Checked | { readonly fault: string }> => {
  // From the package itself, because `@tensorflow/tfjs` is its dependency and not ours.
  const from = JSON.stringify(`${folder}/package.json`)
  const text = `const own = require('node:module').createRequire(${from});
const load = (id) => own(id.startsWith(${JSON.stringify(name)}) ? ${JSON.stringify(folder)} + id.slice(${name.length}) : id);
(${program.toString()})(load, ${JSON.stringify(addon)}, ${JSON.stringify(name)}).catch((error) => { process.stderr.write(String(error.message)); process.exitCode = 1 })`
  const env = { TF_CPP_MIN_LOG_LEVEL: '2', ...process.env }
  const ran: Ran = await runProgram(process.execPath, ['-e', text], { seconds: 180, env })
  if ('fault' in ran) return { fault: `${ran.fault} (in ${dirname(addon)})` }
  const line = ran.output.trim().split('\n').at(-1) ?? ''
  try {
    return JSON.parse(line) as Checked
  } catch {
    return { fault: `it printed ${JSON.stringify(line)}` }
  }
}
