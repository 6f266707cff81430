import { resolve } from 'node:path'
import { setupNative } from '@resfn/native'
import type { SetupNativeFlags } from '../commands/setup.ts'
import { say } from '../context/context.ts'
import { unwrap } from '../error.ts'
import type { Action } from '../output.ts'
import { definitions } from '../text/layout.ts'

/** Builds the addon of the native backend, and says where it comes from. */
export const setUpNative: Action<SetupNativeFlags, []> = async (context, { libtensorflow, compiler }) => {
  const building = setupNative({
    libtensorflow: resolve(context.cwd, libtensorflow),
    folder: await context.cacheFolder('native'),
    report: (line) => say(context, line),
    ...(compiler !== undefined && { compiler }),
  })
  const provenance = unwrap(await building())
  const { addon, tensorflow, source, checked } = provenance
  return {
    json: provenance,
    text: [
      ...definitions(
        [
          ['TensorFlow', `${tensorflow.version}${tensorflow.cuda ? ' with CUDA' : ''} in ${tensorflow.folder}`],
          ['device', `${checked.device}, a convolution differs by ${checked.difference.toExponential(1)}`],
          ['source', `${source.name} ${source.version}`],
          ['compiler', provenance.compiler],
          ['addon', addon.path],
          ['SHA-256', addon.sha256],
        ],
        context.columns(),
      ),
      '',
      'resfn train --backend native uses it',
    ].join('\n'),
  }
}
