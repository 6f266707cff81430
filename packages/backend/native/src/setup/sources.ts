import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodePackages, require } from '../packages.ts'

/** The C++ of the addon, and the headers of Node-API for it. */
export type Sources = {
  readonly name: string
  readonly version: string
  readonly folder: string
  /** Texts by file name. */
  readonly files: { readonly [file: string]: string }
  readonly headers: { readonly folder: string; readonly version: string }
}

/** The C++ of the installed package of tfjs, or what is missing. */
export const findSources = (): Sources | { readonly missing: readonly string[] } => {
  const [found] = nodePackages()
  if (found === undefined)
    return {
      missing: ['the package @tensorflow/tfjs-node (npm install --ignore-scripts @tensorflow/tfjs-node)'],
    }
  const binding = join(found.folder, 'binding')
  const headers = require('node-api-headers') as { readonly include_dir: string }
  const { version } = require('node-api-headers/package.json') as { readonly version: string }
  try {
    const files = Object.fromEntries(
      readdirSync(binding)
        .filter((name) => /\.(?:cc|h)$/.test(name))
        .map((name) => [name, readFileSync(join(binding, name), 'utf8')]),
    )
    return { ...found, files, headers: { folder: headers.include_dir, version } }
  } catch {
    return { missing: [`the C++ in ${binding} (install ${found.name} again: npm packages have it)`] }
  }
}
