import { env } from '@tensorflow/tfjs-core'
import { adapters, chooseBackend, stepTime } from '@resfn/runtime'
import { cacheFolder, findOrigin, isComplete } from '../data/load-data.ts'
import { exitCodes } from '../error.ts'
import type { Action, CommonFlags } from '../output.ts'
import { type Definition, definitions } from '../text/layout.ts'

/** A backend and whether it works here. */
export type Probe = {
  readonly backend: string
  readonly works: boolean
  /** What runs, or why it does not work. */
  readonly details: string
  readonly automatic: boolean
  /** The command that gets it. */
  readonly command?: string
  /** Of a training step of a small residual block. */
  readonly milliseconds?: number
}

const commandIn = (reason: string): string | undefined => /(npm install|resfn setup) .*$/.exec(reason)?.[0]

const probe = async (backend: string): Promise<Probe> => {
  const { automatic: places, lastResort } = adapters[backend]!
  const automatic = places.includes('node')
  const result = await chooseBackend(backend)()
  if (result._tag === 'Left') {
    const details = result.left.tried[0]?.reason ?? result.left.message
    const command = commandIn(details)
    return { backend, works: false, details, automatic, ...(command !== undefined && { command }) }
  }
  const { details, dispose } = result.right
  // Plain JavaScript takes seconds, and is known to be slow.
  const milliseconds = lastResort === undefined ? await stepTime().catch(() => undefined) : undefined
  dispose()
  return { backend, works: true, details, automatic, ...(milliseconds !== undefined && { milliseconds }) }
}

const stateOf = ({ works, details, milliseconds }: Probe): string => {
  const time = milliseconds === undefined ? '' : `, ${milliseconds.toFixed(1)} ms for a step of a residual block`
  return `${works ? 'works' : 'does not work'}: ${details}${time}`
}

/** The smallest module with a vector instruction. */
const simd = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
])

const canValidate = (module: Uint8Array): boolean =>
  (
    globalThis as unknown as { readonly WebAssembly: { readonly validate: (bytes: Uint8Array) => boolean } }
  ).WebAssembly.validate(module)

const oldest = [20, 19] as const

const isNew = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
}

/** A command that gets something that is missing here. */
type Advice = { readonly command: string; readonly purpose: string }

const adviceFor = ({
  node,
  cached,
  backends,
  healthy,
}: {
  readonly node: string
  readonly cached: boolean
  readonly backends: readonly Probe[]
  readonly healthy: boolean
}): readonly Advice[] => [
  ...(isNew(node) ? [] : [{ command: 'nvm install 22', purpose: `a newer Node: ${node} is too old` }]),
  ...(healthy
    ? []
    : backends
        .filter(({ works, automatic }) => automatic && !works)
        .map(({ backend, command = 'resfn doctor --debug' }) => ({
          command,
          purpose: `the backend ${backend}`,
        }))),
  ...(cached ? [] : [{ command: 'resfn data fetch', purpose: 'all 70,000 images; 12,000 come with resfn' }]),
]

/** What runs here and what does not, and why. */
export const examine: Action<CommonFlags, []> = async (context) => {
  env().set('PROD', true)
  const backends: Probe[] = []
  // One after the other: each becomes the current one.
  for (const name of Object.keys(adapters)) backends.push(await probe(name))
  const { versions, cores, machine } = context
  const cache = await cacheFolder(context)
  const node = versions['node'] ?? ''
  const origin = await findOrigin(context, 'auto')
  const has = { simd: canValidate(simd), sharedMemory: typeof SharedArrayBuffer !== 'undefined' }
  const cached = await isComplete(context, cache)
  const first = backends.find(({ works, automatic }) => works && automatic)
  const healthy = isNew(node) && first !== undefined
  const advice = adviceFor({ node, cached, backends, healthy })
  const yes = (value: boolean): string => (value ? 'yes' : 'no')
  const rows: readonly Definition[] = [
    ['resfn', versions['resfn'] ?? ''],
    ['tfjs', versions['tfjs'] ?? ''],
    ['Node', `${node}${isNew(node) ? '' : `, too old: ${oldest.join('.')} or later is needed`}`],
    ['machine', machine],
    [
      'WASM',
      `SIMD ${yes(has.simd)}, shared memory ${yes(has.sharedMemory)}, ${cores === 1 ? '1 thread' : `up to ${cores} threads`}`,
    ],
    ['cache', `${cache} (${cached ? 'has all images' : 'empty; resfn data fetch fills it'})`],
    [
      'images',
      origin.folder === undefined
        ? `those that come with resfn (${origin.reason})`
        : `${origin.folder} (${origin.reason})`,
    ],
    ...backends.map((probe): Definition => [`backend ${probe.backend}`, stateOf(probe)]),
  ]
  return {
    json: {
      healthy,
      versions,
      node: { version: node, supported: isNew(node) },
      cores,
      machine,
      wasm: has,
      backends,
      chosen: first?.backend ?? null,
      cache: { folder: cache, complete: cached },
      data: origin,
      advice,
    },
    text: `${definitions(rows, context.columns()).join('\n')}\n\n${healthy ? `all is well: resfn train uses ${first.backend}` : 'resfn cannot train here; see above'}${
      advice.length === 0
        ? ''
        : `\n\nTo get what is missing:\n${definitions(
            advice.map(({ command, purpose }) => [command, purpose]),
            context.columns(),
          ).join('\n')}`
    }`,
    exitCode: healthy ? exitCodes.success : exitCodes.failure,
  }
}
