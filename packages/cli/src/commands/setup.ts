import { buildCommand, buildRouteMap, type Command, type RouteMap } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { commonFlags, optional } from './flags.ts'

/** The flags of `resfn setup native`. */
export type SetupNativeFlags = CommonFlags & { readonly libtensorflow: string; readonly compiler?: string }

const nativeCommand: Command<Context> = buildCommand<SetupNativeFlags, [], Context>({
  docs: {
    brief: 'Build the native backend against an installed TensorFlow, for the CPU or CUDA 12',
    fullDescription: [
      'Compiles the addon of @tensorflow/tfjs-node against the library of a TensorFlow that pip installed, compares a convolution with plain',
      'JavaScript, and keeps the addon in the cache of resfn, with a note of where it comes from. TensorFlow stays where it is.',
      'Takes a C++ compiler and half a minute. Then --backend native uses it.',
      '',
      'Examples:',
      '  npm install --ignore-scripts @tensorflow/tfjs-node',
      '  python3 -m venv tf && tf/bin/pip install --no-deps tensorflow-cpu==2.21.0',
      '  resfn setup native --libtensorflow tf',
      '  CXX=clang++ resfn setup native --libtensorflow /usr/lib/python3/dist-packages/tensorflow',
    ].join('\n'),
  },
  parameters: {
    flags: {
      libtensorflow: {
        kind: 'parsed',
        parse: String,
        placeholder: 'folder',
        brief: 'The folder of an installed pip TensorFlow: tensorflow, its site-packages, or a virtual environment',
      },
      compiler: optional(String, 'program', 'The C++ compiler (default: CXX of the environment, or c++)'),
      ...commonFlags,
    },
  },
  func: perform(async () => (await import('../actions/setup-native.ts')).setUpNative),
})

export const setupRoutes: RouteMap<Context> = buildRouteMap({
  routes: { native: nativeCommand },
  docs: { brief: 'Build what this machine needs for a backend' },
})
