import { availableParallelism } from 'node:os'
import * as tf from '@tensorflow/tfjs-core'
import {
  findBackendFactory,
  getGradient,
  getKernel,
  registerBackend,
  registerGradient,
  setBackend,
  unregisterGradient,
} from '@tensorflow/tfjs-core'
import { type Addon, findAddon } from './addon.ts'
import { type Binding, type NodeBackend, runningBackend } from './device.ts'
import { NativeError } from './errors.ts'
import { require } from './packages.ts'

/** The name under which tfjs has this backend. */
export const backendName = 'tensorflow'

/** A backend that is current, and where its addon comes from; `source` is 'the app' where that started it. */
export type Loaded = { readonly backend: NodeBackend; readonly source: Addon['source'] | 'the app' }

/** Functions that tfjs-node 4.22 calls and Node 23 removed. */
const supplyRemoved = (): void => {
  const util = require('node:util') as { [name: string]: unknown }
  util['isNullOrUndefined'] ??= (value: unknown) => value == null
  util['isArray'] ??= Array.isArray
}

/** What TensorFlow reads from the environment when it starts; what is set there stays. */
const prepareEnvironment = (threads: number | undefined): void => {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'
  const count = String(threads ?? availableParallelism())
  if (threads === undefined) process.env['TF_NUM_INTRAOP_THREADS'] ??= count
  else process.env['TF_NUM_INTRAOP_THREADS'] = count
}

type BackendModule = { readonly NodeJSKernelBackend: new (binding: Binding, packageName: string) => NodeBackend }

/** What to do about an addon that does not load, by who built it. */
const remedyOf = (source: Addon['source']): string =>
  source === 'resfn setup native'
    ? 'run resfn setup native again'
    : 'build one that does: resfn setup native --libtensorflow <folder of an installed pip TensorFlow>'

const loadAddon = ({ path, source }: Addon): Binding => {
  try {
    return require(path) as Binding
  } catch (error) {
    const [message] = String(error instanceof Error ? error.message : error).split('\n')
    throw new NativeError('CannotLoad', `the addon ${path} does not load (${message}); ${remedyOf(source)}`, {
      cause: error,
    })
  }
}

/** The names of kernels are constants of tfjs. */
const kernelNames = Object.values(tf).filter((value) => typeof value === 'string')

/**
 * Runs something that loads tfjs as a whole, and takes the gradients away that this registers: some are wrong, as that
 * of a broadcast squared difference, and `@resfn/autodiff` registers those that are missing. Those from before stay.
 */
const withoutGradients = <T>(run: () => T): T => {
  const before = kernelNames.map((name) => [name, getGradient(name)] as const)
  const result = run()
  for (const [name, gradient] of before) {
    if (getGradient(name) === gradient) continue
    unregisterGradient(name)
    if (gradient != null) registerGradient(gradient)
  }
  return result
}

/** Loads the addon and the kernels of tfjs, without the rest of its package. */
const load = (folder: string | undefined, threads: number | undefined): Addon => {
  const addon = findAddon(folder)
  supplyRemoved()
  prepareEnvironment(threads)
  const binding = loadAddon(addon)
  const { NodeJSKernelBackend } = withoutGradients(() => {
    if (getKernel('Conv2D', backendName) == null) require(`${addon.package.name}/dist/register_all_kernels.js`)
    return require(`${addon.package.name}/dist/nodejs_kernel_backend.js`) as BackendModule
  })
  registerBackend(backendName, () => new NodeJSKernelBackend(binding, addon.package.name), 3)
  return addon
}

/** Makes the backend current: that of the app if it has started one, or else with the addon that is found. */
export const loadBackend = async (folder: string | undefined, threads: number | undefined): Promise<Loaded> => {
  const source = findBackendFactory(backendName) == null ? load(folder, threads).source : 'the app'
  if (!(await setBackend(backendName)))
    throw new NativeError('CannotLoad', 'TensorFlow did not start; set TF_CPP_MIN_LOG_LEVEL=0 to see what it says')
  return { backend: runningBackend()!, source }
}
