import { createRequire } from 'node:module'
import { dirname } from 'node:path'

/** Loads as CommonJS from here, where the optional peers are. */
export const require: { (name: string): unknown; readonly resolve: (name: string) => string } = createRequire(
  import.meta.url,
)

/** The packages of tfjs that have this backend. Their JavaScript and C++ are the same, their addons are not. */
const names = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'] as const

/** An installed package of tfjs with the backend: JavaScript, and the C++ of the addon. */
export type NodePackage = { readonly name: string; readonly folder: string; readonly version: string }

/** Those of the packages that are installed, whether their addon is there or not. */
export const nodePackages = (): readonly NodePackage[] =>
  names.flatMap((name) => {
    try {
      const manifest = require.resolve(`${name}/package.json`)
      const { version } = require(manifest) as { readonly version: string }
      return [{ name, folder: dirname(manifest), version }]
    } catch {
      return []
    }
  })
