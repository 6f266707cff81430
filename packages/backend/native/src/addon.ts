import { join } from 'node:path'
import { keptAddon } from './kept.ts'
import { NativeError } from './errors.ts'
import { namesIn } from './names-in.ts'
import { type NodePackage, nodePackages } from './packages.ts'

/** The addon to load, and the package whose JavaScript goes with it. */
export type Addon = {
  readonly path: string
  readonly package: NodePackage
  /** Who built it. */
  readonly source: 'resfn setup native' | '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu'
}

/** The addon that the install script of a package brought, for the newest Node-API that this Node has. */
const ownAddon = ({ folder }: NodePackage): string | undefined => {
  const lib = join(folder, 'lib')
  const versions = namesIn(lib)
    .flatMap((name) => /^napi-v(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((version) => version <= Number(process.versions['napi']))
    .sort((a, b) => b - a)
  return versions
    .map((version) => join(lib, `napi-v${version}`))
    .filter((path) => namesIn(path).includes('tfjs_binding.node'))
    .map((path) => join(path, 'tfjs_binding.node'))[0]
}

/** The addon that was built here, or else the one that came with a package. */
export const findAddon = (folder?: string): Addon => {
  const packages = nodePackages()
  const [first] = packages
  if (first === undefined)
    throw new NativeError(
      'NoPackage',
      'the package of tfjs is not installed: npm install --ignore-scripts @tensorflow/tfjs-node',
    )
  const kept = keptAddon(folder)
  if (kept !== undefined && 'provenance' in kept)
    return { path: kept.provenance.addon.path, package: first, source: 'resfn setup native' }
  // The one for GPUs, where both brought their addon.
  for (const each of [...packages].reverse()) {
    const path = ownAddon(each)
    if (path !== undefined) return { path, package: each, source: each.name as Addon['source'] }
  }
  throw new NativeError(
    'NoAddon',
    kept?.fault ??
      `${first.name} is installed without its addon: resfn setup native --libtensorflow <folder of an installed pip TensorFlow>`,
  )
}
